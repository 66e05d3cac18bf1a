"""No telemetry, no update check: only the rooms that collect, notify and serve may open a socket.

Held twice: by what every file imports, and by running each command that needs no network while
sockets cannot be opened and names cannot be resolved.
"""

import ast
import io
import shlex
import socket
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click
import pytest

import ringwall
from ringwall import discover
from ringwall.check.audit import Audit
from ringwall.check.rule import LoadedRule
from ringwall.cli.app import COMMANDS, run
from tests.cli.inputs import POLICY
from tests.peers.case import CASES, load

HOUSE = Path(ringwall.__file__).parent
OPEN_ROOMS = ("collect", "notify", "serve")
CLOSED = sorted(
    file for file in HOUSE.rglob("*.py") if file.relative_to(HOUSE).parts[0] not in OPEN_ROOMS
)
NETWORK = frozenset(
    "_socket _ssl aiobotocore aiohttp asyncio boto3 botocore dns ftplib google.cloud grpc http "
    "httpx imaplib kubernetes logging.handlers multiprocessing.connection nntplib paramiko poplib "
    "requests select selectors smtplib socket socketserver ssl subprocess telnetlib "
    "urllib.request urllib3 webbrowser websocket websockets wsgiref xmlrpc".split()
)
"""What talks to a network, and what starts another program that could."""


# --- by what is imported --------------------------------------------------------------------------


def imported(source: str) -> Iterator[str]:
    """Every module that a text names in an import, as a statement or as a call."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and _called(node.func) in _IMPORTERS:
            yield from _text(node.args[0])


_IMPORTERS = ("import_module", "__import__")


def _called(function: ast.expr) -> str:
    return getattr(function, "id", "") or getattr(function, "attr", "")


def _text(node: ast.expr) -> list[str]:
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def network(source: str) -> set[str]:
    """What of the network a text imports."""
    prefixes = {
        ".".join(name.split(".")[:length])
        for name in imported(source)
        for length in range(1, name.count(".") + 2)
    }
    return prefixes & NETWORK


@pytest.mark.parametrize("file", CLOSED, ids=lambda file: str(file.relative_to(HOUSE)))
def test_a_file_outside_the_open_rooms_imports_nothing_of_the_network(file: Path) -> None:
    assert network(file.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    "source",
    [
        "import socket",
        "import os, http.client as x",
        "from urllib import request",
        "from asyncio.streams import open_connection",
        "def f():\n    from urllib.request import urlopen",
        "import_module('boto3')",
        "importlib.import_module('http.client')",
        "__import__('ssl')",
    ],
)
def test_every_way_to_import_the_network_is_seen(source: str) -> None:
    assert network(source)


def test_what_only_looks_like_it_is_not_the_network() -> None:
    assert network("from urllib.parse import quote\nimport ipaddress, httplib_like, os") == set()


# --- by running -----------------------------------------------------------------------------------

Attempts = list[str]


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> Attempts:
    """Makes the network fail, and keeps what was tried: a rule's error alone ends no command."""
    tried: Attempts = []

    def refuse(name: str) -> Callable[..., NoReturn]:
        def refused(*args: Any, **kwargs: Any) -> NoReturn:
            tried.append(name)
            raise OSError(f"{name} is not for this command")

        return refused

    for name in ("create_connection", "create_server", "getaddrinfo", "gethostbyname", "getfqdn"):
        monkeypatch.setattr(socket, name, refuse(name))
    closed = type("socket", (socket.socket,), {"__init__": refuse("socket")})
    monkeypatch.setattr(socket, "socket", closed)
    return tried


@pytest.fixture
def world(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Path:
    """A folder with a dump, an earlier one, a policy, a snapshot and a configuration."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    aws, cluster = load(CASES / "ssh-from-two-halves"), load(CASES / "allow-all-beside-the-deny")
    for folder, files in (("dump", aws.files | cluster.files), ("old", cluster.files)):
        for name, text in files.items():
            file = tmp_path / folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    for folder in ("dump", "old"):
        assert run(["snapshot", "make", folder, "-o", f"{folder}.zip"]) == 0
    capsys.readouterr()
    return tmp_path


def command(*names: str) -> click.Command:
    """A command by its name, or one below a group."""
    found: click.Command = import_module(f"ringwall.cli.{names[0].replace('-', '_')}").command
    for name in names[1:]:
        assert isinstance(found, click.Group)
        found = found.commands[name]
    return found


def formats(*names: str) -> list[str]:
    """The formats that a command offers."""
    types = [one.type for one in command(*names).params if one.name in ("format", "format_")]
    return [str(word) for kind in types if isinstance(kind, click.Choice) for word in kind.choices]


ASKED = "--from tools/batch[Deployment] --to shop/db[Deployment] --port tcp/5432"
IN_EVERY_FORMAT = {
    "audit": "dump --all --since old --fail-on never",
    "reach": "dump",
    "explain": f"dump {ASKED}",
    "exposed": "dump",
    "who-can-reach": "dump --to i-0a1",
    "blast-radius": "dump --from i-0a1",
    "rule-use": "dump --rule sg-0abc:ingress:tcp/22:0.0.0.0/1",
    "diff": "old dump",
    "what-if": "dump --delete networkpolicy/shop/allow-all --apply policy.yaml",
}
ONCE = [
    "--version",
    "--help",
    "audit dump.zip --record ledger --fail-on never --verbose",
    "reach dump --format json --grouped",
    "explain dump --from internet --to i-0a1 --port tcp/22",
    "diff old.zip dump.zip",
    "snapshot make dump -o again.zip",
    "snapshot info dump.zip",
    "snapshot merge old.zip dump.zip -o both.zip",
    "rules list",
    "rules show sg-ssh-rdp-internet",
    "config init",
    "config check policy.toml",
    "config show",
    "baseline dump -o waivers.toml --owner o --approver a --reason r --expires 90d",
    "collect --print-commands --cluster prod --region eu-west-1",
]
LINES = ONCE + [
    f"{name} {rest} --format {word}"
    for name, rest in IN_EVERY_FORMAT.items()
    for word in formats(name)
]


@pytest.mark.parametrize("line", LINES)
def test_a_command_needs_no_network(
    world: Path, attempts: Attempts, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    (world / "policy.toml").write_text('[labels]\nrequired = ["app"]\n')

    code = run(shlex.split(line))

    assert attempts == []
    assert code == 0, capsys.readouterr().err


def test_a_bad_command_line_and_a_bad_file_need_none_either(
    world: Path, attempts: Attempts
) -> None:
    Path("broken.yaml").write_text("kind: [\n")

    assert run(["audit", "nowhere"]) == 3
    assert run(["audit", "broken.yaml"]) == 3
    assert run(["audit", "--nonsense"]) == 2
    assert attempts == []


def test_every_command_is_among_them() -> None:
    told = {tuple(line.split()[:2]) for line in LINES if not line.startswith("-")}

    assert {words[0] for words in told} == set(COMMANDS)
    for name in COMMANDS:
        group = command(name)
        below = set(group.commands) if isinstance(group, click.Group) else set[str]()
        assert {(name, one) for one in below} <= told
    assert all(formats(name) for name in IN_EVERY_FORMAT)


@pytest.mark.parametrize(
    "call",
    [
        lambda: socket.socket(),
        lambda: socket.create_connection(("192.0.2.1", 443), timeout=1),
        lambda: socket.getaddrinfo("example.invalid", 443),
    ],
    ids=["socket", "create_connection", "getaddrinfo"],
)
def test_an_attempt_of_a_rule_would_be_seen(
    world: Path, attempts: Attempts, monkeypatch: pytest.MonkeyPatch, call: Callable[[], object]
) -> None:
    """The audit goes on after a rule's error, so that the error alone would not tell."""
    rule = discover.load_rule("np-allow-all").rule

    def phones_home(audit: Audit) -> list[Any]:
        call()
        return []

    monkeypatch.setattr(discover, "load_rule", lambda rule_id: LoadedRule(rule, phones_home))

    assert run(["audit", "dump", "--rule", "np-allow-all"]) == 3
    assert attempts
