"""``ringwall.toml``: what is one's own, how much it matters, and what is judged how.

The file is looked for beside the targets' common folder and upwards from the working folder, or
named with ``--config``. Every list may be left out; what each setting does stands in
``docs/config.md``.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta, Struct

from ringwall.check import toml
from ringwall.check.finding import Severity
from ringwall.check.toml import Source
from ringwall.errors import UsageError
from ringwall.reach.ids import services
from ringwall.space.addresses import Addresses

FILE = "ringwall.toml"
CRITICALITIES: Final = ("", "low", "medium", "high", "critical")
Criticality = Annotated[str, Meta(pattern="^(|low|medium|high|critical)$")]
Count = Annotated[int, Meta(ge=1)]
Port = Annotated[int, Meta(ge=0, le=65535)]


class Network(Struct, frozen=True, forbid_unknown_fields=True):
    """An own network: neither the Internet nor foreign."""

    name: str
    cidrs: tuple[str, ...]
    owner: str = ""
    purpose: str = ""

    @property
    def addresses(self) -> Addresses:
        """Its blocks as one set."""
        return Addresses.of(*self.cidrs)


class Area(Struct, frozen=True, forbid_unknown_fields=True):
    """An environment or a tenant: what belongs to it, and how much that matters.

    Everything that is given must fit; of a list, one pattern (``*`` and ``?`` stand for anything).
    """

    name: str
    criticality: Criticality = ""
    clusters: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    labels: dict[str, str] = {}
    tags: dict[str, str] = {}

    @property
    def selects(self) -> bool:
        """Whether it says what belongs to it."""
        lists = self.clusters, self.namespaces, self.names, self.labels, self.tags
        return any(map(bool, lists))


class Weight(Struct, frozen=True, forbid_unknown_fields=True):
    """What findings of some rules weigh here; where a list is given, only in those places."""

    rules: tuple[str, ...]
    severity: Severity
    environments: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    criticality: tuple[Criticality, ...] = ()


class Allow(Struct, frozen=True, forbid_unknown_fields=True):
    """Ingress that is accepted: inside both lists, an omitted list means any."""

    rules: tuple[str, ...]
    reason: str
    sources: tuple[str, ...] | None = None
    ports: tuple[str, ...] | None = None


class Choice(Struct, frozen=True, forbid_unknown_fields=True):
    """Which rules are run: ``only`` these (none: all), without those to ``skip``."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()

    def of(self, known: Iterable[str]) -> list[str]:
        """Those of the known rules that it leaves."""
        wanted = [one for one in known if not self.only or one in self.only]
        return [one for one in wanted if one not in self.skip]


class Thresholds(Struct, frozen=True, forbid_unknown_fields=True):
    """Where rules draw the line: numbers of addresses, ports and days, and lists of ports."""

    public_cidr_addresses: Count = 65_536
    source_addresses: Count = 65_536
    wide_port_range: Count = 100
    legacy_ports: tuple[Port, ...] = (8000, 8008, 8080, 8081, 8443, 8888, 9000)
    pool_nodes: Count = 100
    waiver_days: Count = 365


class Tags(Struct, frozen=True, forbid_unknown_fields=True):
    """The tags that AWS resources must carry, and those that say why a group or rule is there."""

    required: tuple[str, ...] = ()
    justification: tuple[str, ...] = ("owner", "application", "justification", "purpose", "ticket")


class Labels(Struct, frozen=True, forbid_unknown_fields=True):
    """The labels that namespaces must carry."""

    required: tuple[str, ...] = ()


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    waivers: str = ""
    network: tuple[Network, ...] = ()
    environment: tuple[Area, ...] = ()
    tenant: tuple[Area, ...] = ()
    severity: tuple[Weight, ...] = ()
    allow: tuple[Allow, ...] = ()
    rules: Choice = Choice()
    thresholds: Thresholds = Thresholds()
    tags: Tags = Tags()
    labels: Labels = Labels()

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


def load(path: Path) -> tuple[Config, Source]:
    """Reads and checks a configuration. Raises ConfigError with file and place."""
    config, source = toml.load(path, Config)
    check(config, source)
    return config, source


def parse(text: str, name: str) -> Config:
    """Checks a configuration's text. Raises ConfigError with file and place."""
    config, source = toml.parse(text, name, Config)
    check(config, source)
    return config


def check(config: Config, source: Source) -> None:
    """What a type cannot say. Raises ConfigError with file and place."""
    for i, network in enumerate(config.network):
        _check_text(source, f"network[{i}].name", network.name)
        _check_blocks(source, f"network[{i}].cidrs", network.cidrs)
    for kind, areas in (("environment", config.environment), ("tenant", config.tenant)):
        for i, area in enumerate(areas):
            _check_area(source, kind, f"{kind}[{i}]", area)
    for i, weight in enumerate(config.severity):
        _check_weight(source, f"severity[{i}]", config, weight)
    for i, allow in enumerate(config.allow):
        _check_allow(source, f"allow[{i}]", allow)
    _check_texts(source, "tags.required", config.tags.required)
    _check_texts(source, "tags.justification", config.tags.justification)
    _check_texts(source, "labels.required", config.labels.required)


def check_rules(config: Config, source: Source, known: Collection[str]) -> None:
    """That every rule named is one of the ``known``. Raises ConfigError with file and place."""
    for path, rule_id in _named_rules(config):
        if rule_id not in known:
            raise source.error(path, no_rule(rule_id, known))


def no_rule(rule_id: str, known: Collection[str]) -> str:
    """What to say of an id that no rule has."""
    hint = toml.near(rule_id, known, "; `ringwall rules list` shows them all")
    return f"`{rule_id}` is not a rule{hint}"


def _named_rules(config: Config) -> Iterator[tuple[str, str]]:
    lists = [("rules.only", config.rules.only), ("rules.skip", config.rules.skip)]
    lists += [(f"allow[{i}].rules", allow.rules) for i, allow in enumerate(config.allow)]
    lists += [(f"severity[{i}].rules", one.rules) for i, one in enumerate(config.severity)]
    for path, names in lists:
        for i, name in enumerate(names):
            yield f"{path}[{i}]", name


def _check_text(source: Source, path: str, text: str) -> None:
    if not text.strip():
        raise source.error(path, "it is empty; write a text")


def _check_texts(source: Source, path: str, texts: tuple[str, ...]) -> None:
    for i, text in enumerate(texts):
        _check_text(source, f"{path}[{i}]", text)


def _each(
    source: Source, path: str, texts: Iterable[str], read: Callable[[str], object], what: str
) -> None:
    for i, text in enumerate(texts):
        try:
            read(text)
        except UsageError as error:
            raise source.error(f"{path}[{i}]", str(error)) from None
        except ValueError:
            raise source.error(f"{path}[{i}]", f"`{text}` is not {what}") from None


def _check_blocks(source: Source, path: str, blocks: tuple[str, ...]) -> None:
    if not blocks:
        raise source.error(path, "it is empty; name a CIDR block")
    _each(source, path, blocks, Addresses.of, "a CIDR block")


def _check_area(source: Source, kind: str, path: str, area: Area) -> None:
    _check_text(source, f"{path}.name", area.name)
    if not area.selects:
        needs = "what belongs to it: clusters, namespaces, names, labels or tags"
        raise source.error(path, f"[[{kind}]] `{area.name}` does not say {needs}")


def _check_weight(source: Source, path: str, config: Config, weight: Weight) -> None:
    if not weight.rules:
        raise source.error(f"{path}.rules", "a [[severity]] needs rules")
    for field, kind, wanted, areas in (
        ("environments", "environment", weight.environments, config.environment),
        ("tenants", "tenant", weight.tenants, config.tenant),
    ):
        for i, name in enumerate(wanted):
            check_area_name(source, f"{path}.{field}[{i}]", kind, name, areas)


def check_area_name(
    source: Source, path: str, kind: str, name: str, areas: tuple[Area, ...]
) -> None:
    """That an environment or tenant is one of those configured. Raises ConfigError."""
    known = [area.name for area in areas]
    if name not in known:
        hint = toml.near(name, known, f"; an [[{kind}]] of ringwall.toml makes one")
        raise source.error(path, f"`{name}` is no {kind}{hint}")


def _check_allow(source: Source, path: str, allow: Allow) -> None:
    for field, value in (("rules", allow.rules), ("reason", allow.reason.strip())):
        if not value:
            raise source.error(f"{path}.{field}", f"an [[allow]] needs {field}")
    for field, listed in (("sources", allow.sources), ("ports", allow.ports)):
        if listed is not None and not listed:
            raise source.error(f"{path}.{field}", "it is empty; leave it out to mean any")
    _each(source, f"{path}.sources", allow.sources or (), _source, "a CIDR block")
    _each(source, f"{path}.ports", allow.ports or (), services, "a port")


def _source(text: str) -> None:
    if not text.startswith(("pl-", "sg-")):
        Addresses.of(text)
