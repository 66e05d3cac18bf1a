"""``ringwall snapshot``: what was read, kept in one file."""

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from ringwall import pipeline
from ringwall.cli import deliver, exits, redacting, say
from ringwall.errors import UsageError
from ringwall.report import json, snapshot

_Command = TypeVar("_Command", bound=Callable[..., Any])

_CLUSTER: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")
_MAKE: Final = """\b
Examples:
  ringwall snapshot make dump -o shop.zip
  ringwall snapshot make rendered/ --cluster shop -o shop.zip
  kubectl get pods,networkpolicies -A -o json |
    ringwall snapshot make - --cluster shop -o shop.zip

\b
Exit codes:
  0  the snapshot is written
  2  wrong usage
  3  a file could not be read: the snapshot is of the rest, and names it
"""
_MERGE: Final = """\b
Examples:
  ringwall snapshot merge aws.zip shop.zip -o all.zip
  ringwall snapshot merge account-*.zip -o all.zip

Exit codes are 0, 2 for wrong usage, 3 where a file is no snapshot.
"""
_INFO: Final = """\b
Examples:
  ringwall snapshot info shop.zip
  ringwall snapshot info shop.zip --format json

Exit codes are 0, 2 for wrong usage, 3 where the file is no snapshot.
"""


def _into_file(command: _Command) -> _Command:
    add = click.option(
        "-o", "--output", required=True, metavar="FILE", help="Write to FILE (mode 0600)."
    )
    return add(command)


@click.group("snapshot")
def command() -> None:
    """Keep what was read in one file, and put such files together.

    A snapshot holds the objects that concern the network, where each was read, and what could not
    be read. It stands wherever a TARGET does, and gives the answers that its sources gave. Of
    Secrets, environments and user data it holds nothing but the switches of network engines; names,
    labels, tags and descriptions are in it as they were read, unless it is redacted.
    """


@command.command("make", epilog=_MAKE)
@deliver.targets
@_into_file
@click.option(
    "--cluster", default="", metavar="NAME", help="The cluster of objects whose place names none."
)
@redacting.options
def make(
    targets: tuple[str, ...],
    output: str,
    cluster: str,
    redact: bool,
    redact_key: str | None,
) -> int:
    """Keep what the targets hold in one file.

    Kubernetes objects are of the cluster that their place names (a folder clusters/NAME), else of
    --cluster.
    """
    deliver.check(output)
    deliver.check_stdin(*targets)
    _check_outside(output, targets)
    _check_cluster(cluster)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    redactor = redacting.redactor(redact, redact_key, targets, output)
    data, reading = pipeline.snapshot(targets, now, cluster=cluster, redactor=redactor)
    say.oddities(reading.facts)
    deliver.put_bytes((data,), output)
    return exits.FAILED if reading.facts.failed else exits.OK


@command.command("merge", epilog=_MERGE)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@_into_file
@redacting.options
def merge(files: tuple[str, ...], output: str, redact: bool, redact_key: str | None) -> int:
    """Put snapshots together into one.

    The result is what one reading of all their sources would have kept, in whatever order and
    grouping they are put together: halves (AWS alone, one cluster alone, other accounts) become a
    whole.
    """
    deliver.check(output)
    deliver.check_stdin(*files)
    data, reading = pipeline.merge(files, redacting.redactor(redact, redact_key, files, output))
    say.oddities(reading.facts)
    deliver.put_bytes((data,), output)
    return exits.OK


@command.command("info", epilog=_INFO)
@click.argument("file", metavar="FILE")
@deliver.formats("table", "json")
@deliver.output
@redacting.options
def info(file: str, format_: str, output: str | None, redact: bool, redact_key: str | None) -> int:
    """Say of what and when a snapshot is, and what it lacks."""
    deliver.check(output)
    manifest, reading = pipeline.opened(
        file, redacting.redactor(redact, redact_key, (file,), output)
    )
    told = snapshot.report(manifest, reading.facts)
    if told.digest != manifest.digest:
        say.warning(f"{file}: {manifest.tool}, which made it, read other facts from its objects")
    if format_ == "json":
        deliver.put(json.render(told), output)
    else:
        deliver.put(snapshot.table(told, deliver.look(output)), output)
    return exits.OK


def _check_cluster(name: str) -> None:
    """Ids begin with the name of a cluster (``shop!web/api``), so it must not read as more."""
    if name and not _CLUSTER.fullmatch(name):
        allowed = "letters, digits, `-`, `_` and `.`, a letter or digit first"
        raise UsageError(f"`{name}` cannot be the name of a cluster; write {allowed}")


def _check_outside(output: str, targets: tuple[str, ...]) -> None:
    """A snapshot inside a folder that is read would be read with it the next time."""
    place = Path(os.path.realpath(output))
    for target in targets:
        read = Path(os.path.realpath(target))
        if target != "-" and place.is_relative_to(read):
            does = "is" if place == read else "lies in"
            raise UsageError(
                f"`-o {output}` {does} `{target}`, which is read; write it to another place"
            )
