"""``ringwall.toml``: own networks and allow-lists, validated.

The file is looked for beside the targets' common folder and upwards from the working folder, or
named with ``--config``.
"""

import tomllib
from pathlib import Path

import msgspec
from msgspec import Struct

from ringwall.errors import ConfigError, UsageError
from ringwall.reach.ids import services
from ringwall.space.addresses import Addresses

FILE = "ringwall.toml"


class Network(Struct, frozen=True, forbid_unknown_fields=True):
    """An own network: neither the Internet nor foreign."""

    name: str
    cidrs: tuple[str, ...]
    owner: str = ""
    purpose: str = ""


class Allow(Struct, frozen=True, forbid_unknown_fields=True):
    """Ingress that rules stay silent about: inside both lists, an omitted list means any."""

    rules: tuple[str, ...]
    reason: str
    sources: tuple[str, ...] | None = None
    ports: tuple[str, ...] | None = None


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    network: tuple[Network, ...] = ()
    allow: tuple[Allow, ...] = ()

    @property
    def own_networks(self) -> Addresses:
        """The union of the own networks."""
        return Addresses.of(*(cidr for network in self.network for cidr in network.cidrs))


def find(start: Path) -> Path | None:
    """The nearest ``ringwall.toml`` in ``start`` or above it."""
    for folder in (start, *start.parents):
        try:
            if (file := folder / FILE).is_file():
                return file
        except OSError:  # a folder that cannot be looked into holds nothing for us
            continue
    return None


def load(path: Path) -> Config:
    """Reads and checks a configuration. Raises ConfigError with file and place."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text (byte {error.start})") from None
    return parse(text, str(path))


def parse(text: str, name: str) -> Config:
    """Checks a configuration's text. Raises ConfigError with file and place."""
    try:
        config = msgspec.convert(tomllib.loads(text), Config)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not valid TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise ConfigError(f"{name}: {_lower(str(error))}") from None
    for i, network in enumerate(config.network):
        _check_blocks(name, f"network[{i}].cidrs", network.cidrs)
    for i, allow in enumerate(config.allow):
        _check_allow(name, f"allow[{i}]", allow)
    return config


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _check_blocks(name: str, where: str, blocks: tuple[str, ...]) -> None:
    for i, block in enumerate(blocks):
        try:
            Addresses.of(block)
        except ValueError:
            raise ConfigError(
                f"{name}: `{block}` is not a CIDR block - at `$.{where}[{i}]`"
            ) from None


def _check_allow(name: str, where: str, allow: Allow) -> None:
    for field, value in (("rules", allow.rules), ("reason", allow.reason.strip())):
        if not value:
            raise ConfigError(f"{name}: an [[allow]] needs {field} - at `$.{where}.{field}`")
    blocks = [s for s in allow.sources or () if not s.startswith(("pl-", "sg-"))]
    _check_blocks(name, f"{where}.sources", tuple(blocks))
    for i, port in enumerate(allow.ports or ()):
        try:
            services(port)
        except UsageError as error:
            raise ConfigError(f"{name}: {error} - at `$.{where}.ports[{i}]`") from None
