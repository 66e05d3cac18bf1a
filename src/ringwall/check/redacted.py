"""Configuration and waivers for a redacted world.

What is compared with what was read word for word (blocks, ids, tags) is redacted as that was, and
so is what findings show. What selects by patterns stays, and is held against the names that were
read (:mod:`ringwall.check.causes`).
"""

from collections.abc import Iterable

from msgspec.structs import replace

from ringwall.check.config import Allow, Area, Config, Network, Weight
from ringwall.check.waivers import Held, Waiver
from ringwall.facts.redact import Redactor


def config(config: Config, redactor: Redactor) -> Config:
    """A configuration that says of redacted facts what it said of them before."""
    text = redactor.text
    return replace(
        config,
        network=tuple(_network(one, redactor) for one in config.network),
        environment=tuple(_area(one, redactor) for one in config.environment),
        tenant=tuple(_area(one, redactor) for one in config.tenant),
        severity=tuple(_weight(one, redactor) for one in config.severity),
        allow=tuple(_allow(one, redactor) for one in config.allow),
        tags=replace(
            config.tags,
            required=tuple(map(text, config.tags.required)),
            justification=tuple(map(text, config.tags.justification)),
        ),
        labels=replace(config.labels, required=tuple(map(text, config.labels.required))),
    )


def waivers(held: Iterable[Held], redactor: Redactor) -> tuple[Held, ...]:
    """Waivers of which nothing private is shown."""
    return tuple(
        Held(one.waiver, redactor.text(one.source), _waiver(one.waiver, redactor)) for one in held
    )


def _network(network: Network, redactor: Redactor) -> Network:
    return Network(
        name=redactor.text(network.name),
        cidrs=tuple(map(redactor.text, network.cidrs)),
        owner=redactor.text(network.owner),
        purpose=redactor.text(network.purpose),
    )


def _area(area: Area, redactor: Redactor) -> Area:
    return replace(area, name=redactor.text(area.name))


def _weight(weight: Weight, redactor: Redactor) -> Weight:
    return replace(
        weight,
        environments=tuple(map(redactor.text, weight.environments)),
        tenants=tuple(map(redactor.text, weight.tenants)),
    )


def _allow(allow: Allow, redactor: Redactor) -> Allow:
    sources = None if allow.sources is None else tuple(map(redactor.text, allow.sources))
    return replace(allow, reason=redactor.text(allow.reason), sources=sources)


def _waiver(waiver: Waiver, redactor: Redactor) -> Waiver:
    def pairs(given: dict[str, str]) -> dict[str, str]:
        return {redactor.text(key): redactor.text(value) for key, value in given.items()}

    names = ("owner", "reason", "approver", "cause", "cluster", "namespace")
    texts = {name: redactor.text(getattr(waiver, name)) for name in names}
    areas = {name: redactor.text(getattr(waiver, name)) for name in ("environment", "tenant")}
    return replace(waiver, **texts, **areas, labels=pairs(waiver.labels), tags=pairs(waiver.tags))
