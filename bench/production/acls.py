"""The entries of network ACLs: wide open, before the Internet, and before databases."""

from typing import Any

from production.plan import NODE_SUBNETS, POD_SUBNETS

_ANYWHERE = "0.0.0.0/0"
_NUMBERS = {"tcp": "6", "udp": "17"}
_BANNED = ("198.51.100.128/25", "198.18.64.0/20", "192.0.2.128/28")
_STORES = (5432, 3306, 6379)


def open_entries() -> list[dict[str, Any]]:
    """Everything in and out, as a default network ACL comes."""
    return [
        entry
        for egress in (True, False)
        for entry in (_entry(100, "-1", _ANYWHERE, egress=egress), _last(egress=egress))
    ]


def public_entries() -> list[dict[str, Any]]:
    """The web comes in, answers to what was asked too; some blocks are shut out first."""
    banned = [
        _entry(10 + i, "-1", block, egress=False, action="deny") for i, block in enumerate(_BANNED)
    ]
    inside = ["10.0.0.0/16", *POD_SUBNETS]
    return [
        *banned,
        *(_entry(100 + i, "-1", block, egress=False) for i, block in enumerate(inside)),
        _entry(120, "tcp", _ANYWHERE, (80, 80), egress=False),
        _entry(130, "tcp", _ANYWHERE, (443, 443), egress=False),
        _entry(140, "tcp", _ANYWHERE, (1024, 65535), egress=False),
        _entry(150, "udp", _ANYWHERE, (1024, 65535), egress=False),
        _last(egress=False),
        _entry(100, "-1", _ANYWHERE, egress=True),
        _last(egress=True),
    ]


def database_entries() -> list[dict[str, Any]]:
    """Databases answer nodes and pods only."""
    inside = [*NODE_SUBNETS, *POD_SUBNETS]
    entries = []
    for i, block in enumerate(inside):
        for j, port in enumerate(_STORES):
            number = 100 + 10 * i + j
            entries.append(_entry(number, "tcp", block, (port, port), egress=False))
        entries.append(_entry(100 + i, "tcp", block, (1024, 65535), egress=True))
    return [*entries, _last(egress=False), _last(egress=True)]


def _entry(
    number: int,
    protocol: str,
    block: str,
    ports: tuple[int, int] | None = None,
    *,
    egress: bool,
    action: str = "allow",
) -> dict[str, Any]:
    shown = {
        "CidrBlock": block,
        "Egress": egress,
        "Protocol": _NUMBERS.get(protocol, protocol),
        "RuleAction": action,
        "RuleNumber": number,
    }
    return {**shown, "PortRange": {"From": ports[0], "To": ports[1]}} if ports else shown


def _last(*, egress: bool) -> dict[str, Any]:
    return _entry(32767, "-1", _ANYWHERE, egress=egress, action="deny")
