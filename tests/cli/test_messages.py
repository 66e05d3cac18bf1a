"""What is said to wrong words: one sentence on standard error, where and what to do."""

from pathlib import Path

import pytest

from ringwall import pipeline
from ringwall.collect.files import opening
from tests.cli.conftest import Ringwall
from tests.cli.inputs import BROKEN_YAML, OPEN, PODS

QUESTION = ("--from", "shop/web", "--to", "shop/db", "--port", "tcp/5432")


@pytest.fixture(autouse=True)
def files(ringwall: Ringwall) -> None:
    Path("pods.yaml").write_text(PODS)
    Path("open.json").write_text(OPEN)


def asked(*changed: str) -> tuple[str, ...]:
    """The question, with ``name, value`` pairs changed."""
    words = dict(zip(QUESTION[::2], QUESTION[1::2], strict=True))
    words |= dict(zip(changed[::2], changed[1::2], strict=True))
    return ("explain", "pods.yaml", *(word for pair in words.items() for word in pair))


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("audit",), "missing argument `TARGET...`; see `ringwall audit --help`"),
        (("audti", "x"), "no such command `audti`; see `ringwall --help`"),
        (
            ("audit", "pods.yaml", "--formt", "json"),
            "no such option `--formt`; did you mean `--format`?; see `ringwall audit --help`",
        ),
        (
            ("audit", "pods.yaml", "--format", "xml"),
            "invalid value for `--format`: `xml` is not one of `table`, `json`, `sarif`, `junit`, "
            "`ocsf`, `csv`, `md`, `github`, `html`; see `ringwall audit --help`",
        ),
        (
            ("audit", "pods.yaml", "--rule", "np-allow-al"),
            "`np-allow-al` is not a rule; did you mean `np-allow-all`?",
        ),
        (
            ("rules", "show", "nonsense"),
            "`nonsense` is not a rule; `ringwall rules list` shows them all",
        ),
        (
            asked("--port", "tcp/99999"),
            "`tcp/99999` is not a port; write tcp/443, tcp/8000-8010, udp/53, sctp/80, icmp, "
            "icmp/8, proto/47 or all",
        ),
        (
            asked("--to", "store/db"),
            "`store/db` is nothing that was read; did you mean shop/db[Pod]?",
        ),
        (
            ("collect", "--cluster", "shop"),
            "collecting itself is not in this version; `--print-commands` prints a script that "
            "does it with aws and kubectl",
        ),
        (
            ("audit", "pods.yaml", "-o", "nowhere/report.json"),
            "`nowhere` is no folder, so `-o nowhere/report.json` cannot be written",
        ),
        (("audit", "pods.yaml", "-o", "."), "`.` is a folder; name a file after `-o`"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ",
)
def test_wrong_words_are_usage_errors(
    ringwall: Ringwall, args: tuple[str, ...], message: str
) -> None:
    result = ringwall(*args)

    assert result.err == f"error: {message}\n"
    assert (result.code, result.out) == (2, "")


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[[network]", ":1: not valid TOML: expected ']]' at the end of an array declaration"),
        ("[[network]]\nname = 'x'\n", ":1: `cidrs` is missing - at `$.network[0]`"),
        (
            "[[network]]\nname = 'x'\ncidrs = ['10.0.0.0/33']\n",
            ":3: `10.0.0.0/33` is not a CIDR block - at `$.network[0].cidrs[0]`",
        ),
        (
            "[[allow]]\nrules = ['sg-ssh-rdp-internet', 'sg-shh']\nreason = 'x'\n",
            ":2: `sg-shh` is not a rule; `ringwall rules list` shows them all "
            "- at `$.allow[0].rules[1]`",
        ),
        (
            "[[allow]]\nrules = ['np-allow-all']\nreason = 'x'\n",
            ":2: `np-allow-all` cannot be allowed; an [[allow]] is for rules about group ingress",
        ),
        (
            "[[allow]]\nrules = ['api-sg-not-443-only', 'sg-unused']\nreason = 'x'\n",
            ":2: `sg-unused` cannot be allowed; an [[allow]] is for rules about group ingress "
            "(sg-…) - at `$.allow[0].rules[1]`",
        ),
        (
            "[[allow]]\nrules = ['sg-ssh-rdp-internet']\nreason = ' '\n",
            ":3: an [[allow]] needs reason - at `$.allow[0].reason`",
        ),
    ],
)
def test_a_bad_configuration_is_told_with_its_place(
    ringwall: Ringwall, toml: str, message: str
) -> None:
    Path("ringwall.toml").write_text(toml)

    result = ringwall("audit", "pods.yaml")

    assert result.err.startswith(f"error: ringwall.toml{message}")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)


def test_a_configuration_that_is_not_there_is_a_usage_error(ringwall: Ringwall) -> None:
    result = ringwall("audit", "pods.yaml", "--config", "nix.toml")

    assert result.err.startswith("error: nix.toml: cannot be read: ")
    assert result.code == 2


def test_a_missing_target_is_named(ringwall: Ringwall) -> None:
    result = ringwall("audit", "nix")

    assert result.err == "error: `nix` does not exist; give a file, a folder or `-`\n"
    assert result.code == 3


def test_an_empty_folder_is_named(ringwall: Ringwall) -> None:
    Path("empty").mkdir()

    result = ringwall("audit", "empty")

    assert result.err == "error: `empty` holds no .json, .yaml, .yml or .zip file\n"
    assert result.code == 3


def test_input_without_anything_to_judge_is_an_error_not_a_clean_bill(ringwall: Ringwall) -> None:
    Path("role.yaml").write_text("apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n")

    result = ringwall("audit", "role.yaml")

    assert result.err == (
        "error: `role.yaml`: no Kubernetes object and no AWS answer that concerns the network, "
        "only 1 of other kinds\n"
    )
    assert result.code == 3


def test_input_of_which_nothing_can_be_read_is_an_error_with_its_place(ringwall: Ringwall) -> None:
    Path("broken.yaml").write_text(BROKEN_YAML)

    result = ringwall("audit", "broken.yaml")

    assert result.err.startswith("error: nothing of `broken.yaml` could be read: broken.yaml:4: ")
    assert (result.code, result.out) == (3, "")


@pytest.mark.parametrize(
    ("name", "text", "warning"),
    [
        ("broken.yaml", BROKEN_YAML, "broken.yaml:4: not valid YAML: "),
        ("broken.json", '{"Vpcs": [', "broken.json: is not valid JSON: "),
        ("chart.yaml", "a: {{ .Values.x }}\nb: [", "is it a Helm template? render it first"),
    ],
)
def test_a_file_that_is_not_valid_is_a_warning_with_its_place(
    ringwall: Ringwall, name: str, text: str, warning: str
) -> None:
    Path(name).write_text(text)

    result = ringwall(*asked()[:2], name, *QUESTION)

    assert warning in result.err
    assert (result.code, result.err.count("\n")) == (3, 1)


def test_a_file_that_cannot_be_opened_is_a_warning(
    ringwall: Ringwall, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = opening.content

    def refused(path: Path, *, named: bool) -> bytes:
        if path.name == "open.json":
            raise PermissionError(13, "Permission denied")
        return read(path, named=named)

    monkeypatch.setattr(opening, "content", refused)

    result = ringwall("audit", "pods.yaml", "open.json", "--rule", "np-namespace-none")

    assert "warning: open.json: cannot be read: Permission denied\n" in result.err
    assert result.code == 3


def test_an_error_that_nobody_foresaw_is_one_line(
    ringwall: Ringwall, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise LookupError("no such luck")

    monkeypatch.setattr(pipeline, "read_each", broken)

    result = ringwall("audit", "pods.yaml")

    assert result.err.startswith("error: internal error: LookupError: no such luck (broken, line ")
    assert result.err.endswith("; RINGWALL_DEBUG=1 shows the traceback\n")
    assert (result.code, result.err.count("\n")) == (3, 1)


def test_the_traceback_is_there_for_who_asks(
    ringwall: Ringwall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "read_each", {}.__getitem__)
    monkeypatch.setenv("RINGWALL_DEBUG", "1")

    assert ringwall("audit", "pods.yaml").err.startswith("Traceback (most recent call last):")


def test_an_error_cannot_move_the_cursor(ringwall: Ringwall) -> None:
    result = ringwall(*asked("--to", "shop/\x1b[2J\nerror: forged"))

    assert "`shop/\\x1b[2J\\nerror: forged`" in result.err
    assert result.err.count("\n") == 1
