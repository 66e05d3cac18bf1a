"""The door: answers ``--version`` at once, hands over to the command line, and lets no traceback
out."""

import io
import os
import sys

from ringwall import __version__

_INTERRUPTED = 130
_READER_GONE = 141
"""What a shell reports for a process that the signals SIGINT and SIGPIPE ended."""
_FAILED = 3


def main() -> None:
    """Runs the command line with the arguments of this process, and exits."""
    try:
        code = _run(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted\n")
        code = _INTERRUPTED
    except (
        OSError
    ) as error:  # the reader has gone, as in `ringwall audit x | head`, or a disk is full
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = _READER_GONE if isinstance(error, BrokenPipeError) else _FAILED
    sys.exit(code)


def _run(args: list[str]) -> int:
    if args == ["--version"]:
        sys.stdout.write(f"ringwall {__version__}\n")
        return 0
    from ringwall.cli.app import run

    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal that lacks a character gets an escape
        sys.stdout.reconfigure(errors="backslashreplace")
    return run(args)


if __name__ == "__main__":
    main()
