"""Load balancers, as the rules about what is open to the Internet look at them."""

from dataclasses import dataclass
from typing import Final

from ringwall.check.audit import Audit
from ringwall.check.scope import LOAD_BALANCER
from ringwall.facts import aws
from ringwall.reach.definition.network import Interface

_KINDS: Final = ("app/", "net/", "gwy/")


def is_balancer(interface: Interface) -> bool:
    """Whether an interface is a load balancer's."""
    return interface.description.startswith(LOAD_BALANCER)


@dataclass(frozen=True, slots=True)
class Fronts:
    """Which load balancers face the Internet, and which groups are theirs."""

    internet: frozenset[str]
    internal: frozenset[str]
    groups: frozenset[str]
    internet_groups: frozenset[str]

    @classmethod
    def of(cls, audit: Audit) -> "Fronts":
        """Those that were read."""
        every = [body for _, body in audit.facts.of(aws.LoadBalancer)]
        facing = [body for body in every if body.scheme == "internet-facing"]
        return cls(
            internet=frozenset(body.load_balancer_name for body in facing),
            internal=frozenset(b.load_balancer_name for b in every if b.scheme == "internal"),
            groups=_groups(every),
            internet_groups=_groups(facing),
        )

    def knows(self, audit: Audit, group: str) -> bool:
        """Whether anything that was read tells what carries a group."""
        return bool(audit.fabric.interfaces) or group in self.groups

    def faces_internet(self, interface: Interface) -> bool:
        """Whether an interface is one of a load balancer that is meant for the Internet: by its
        scheme, and where that was not read by its public address."""
        if not is_balancer(interface):
            return False
        name = _name(interface)
        return name in self.internet or (name not in self.internal and bool(interface.public))


def _groups(balancers: list[aws.LoadBalancer]) -> frozenset[str]:
    return frozenset(group for body in balancers for group in body.security_groups or ())


def _name(interface: Interface) -> str:
    """``ELB app/NAME/ID`` of the newer kinds, ``ELB NAME`` of classic ones."""
    text = interface.description.removeprefix(LOAD_BALANCER)
    return text.split("/")[1] if text.startswith(_KINDS) else text
