"""Places: the subnet that an interface stands in, and its groups."""

from msgspec import Struct

from ringwall.model.fabric.interfaces import Interface

# What has no groups of these types is filtered by none (aws.md 15).
_WITHOUT_GROUPS = frozenset(
    {"network_load_balancer", "gateway_load_balancer", "gateway_load_balancer_endpoint"}
)


class Place(Struct, frozen=True, eq=False):
    """Interfaces of one subnet with the same groups.

    ``groups`` is None where they were not read; ``filtered`` is False where no group stands.
    """

    vpc: str
    subnet: str
    groups: tuple[str, ...] | None
    filtered: bool

    @property
    def name(self) -> str:
        """What to call it where one is needed."""
        groups = "groups not read" if self.groups is None else ", ".join(self.groups)
        return f"{self.subnet or self.vpc} ({groups or 'no groups'})"


class Places:
    """The places of interfaces, equal ones once."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str, tuple[str, ...] | None, bool], Place] = {}
        self._of_interface: dict[str, Place] = {}

    def of(self, interface: Interface) -> Place:
        """The place of an interface."""
        found = self._of_interface.get(interface.id)
        if found is None:
            found = self._of_interface[interface.id] = self._place(interface)
        return found

    def _place(self, interface: Interface) -> Place:
        filtered = bool(interface.groups) or interface.kind not in _WITHOUT_GROUPS
        if interface.groups is None:
            filtered = True
        return self._equal(interface.vpc, interface.subnet, interface.groups, filtered)

    def in_subnet(self, vpc: str, subnet: str) -> Place:
        """The place of something in a subnet that no group stands before."""
        return self._equal(vpc, subnet, (), False)

    def _equal(
        self, vpc: str, subnet: str, groups: tuple[str, ...] | None, filtered: bool
    ) -> Place:
        key = (vpc, subnet, groups, filtered)
        return self._places.get(key) or self._places.setdefault(key, Place(*key))
