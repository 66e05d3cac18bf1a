"""Source translation of pods by the VPC CNI (aws.md 51, 52, 58).

What a pod sends to the outside of its VPC leaves with the first address of the node's primary
interface: that interface's groups, subnet, ACL and routes decide.
"""

from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Final

from msgspec import Struct

from ringwall.facts import aws, k8s
from ringwall.facts.fact import Facts
from ringwall.model.fabric.blocks import PUBLIC_4, block
from ringwall.model.fabric.interfaces import Interface
from ringwall.model.fabric.regions import Where
from ringwall.space.addresses import Addresses, Range

_EXTERNAL: Final = "AWS_VPC_K8S_CNI_EXTERNALSNAT"
_EXCLUDED: Final = "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS"
_ENFORCING: Final = "POD_SECURITY_GROUP_ENFORCING_MODE"
_TRUE: Final = frozenset({"true", "t", "1"})

Settings = Mapping[str, str]


class Translation(Struct, frozen=True):
    """When a pod's packets are translated: ``excluded`` and ``inside`` (the VPC's IPv4 blocks,
    None where the VPC was not read) are left alone."""

    excluded: Addresses
    inside: Addresses | None

    def applies(self, at: Where) -> bool | None:
        """Whether packets to an address are translated; None where that is unknown."""
        if at.family != 4:
            return False
        left_alone, translated = at.within(self.excluded), self._outside(at)
        if left_alone or translated is False:
            return False
        return None if left_alone is None else translated

    def _outside(self, at: Where) -> bool | None:
        """Whether an address is outside the VPC."""
        if self.inside is None:
            return True if at.within(PUBLIC_4) else None
        own = at.within(self.inside)
        return None if own is None else not own


def settings(facts: Facts, eks_names: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The VPC CNI's settings of each cluster where they were read: those of the aws-node
    DaemonSet's containers, else those of the add-on."""
    found: dict[str, dict[str, str]] = {}
    for key, body in facts.of(k8s.DaemonSet):
        if body.metadata.name == "aws-node" and body.agents:
            own = found.setdefault(key.scope, {})
            for agent in body.agents:
                own.update(agent.settings)
    addons: dict[str, dict[str, str]] = {}
    for _, addon in facts.of(aws.Addon):
        if addon.addon_name == "vpc-cni":
            told = {name.removeprefix("env."): value for name, value in addon.settings.items()}
            addons.setdefault(addon.cluster_name, told)
    for cluster, name in eks_names.items():
        if cluster not in found and name in addons:
            found[cluster] = addons[name]
    return found


def is_strict(settings: Settings) -> bool:
    """Whether a branch interface's groups hold for all traffic of its pod (aws.md 52)."""
    return settings.get(_ENFORCING, "").lower() != "standard"


def translation(settings: Settings, blocks: Addresses) -> Translation | None:
    """How the pods of a cluster are translated in a VPC with these blocks; None if never."""
    if settings.get(_EXTERNAL, "").strip().lower() in _TRUE:
        return None
    inside = Addresses(part for part in blocks.ranges if part.family == 4) if blocks else None
    return Translation(excluded(settings), inside)


def excluded(settings: Settings) -> Addresses:
    """The destinations that are not translated."""
    return _blocks(settings.get(_EXCLUDED, ""))


@lru_cache(maxsize=256)
def _blocks(text: str) -> Addresses:
    found: list[Range] = []
    for part in text.split(","):
        with suppress(ValueError):  # the VPC CNI leaves out what is no block
            found.append(block(part.strip()))
    return Addresses(found)


def keeps_its_address(interface: Interface, settings: Settings, *, fargate: bool) -> bool:
    """Whether a pod on an interface always leaves as itself: on Fargate, and on a branch
    interface in strict mode."""
    return fargate or (interface.kind == "branch" and is_strict(settings))
