"""What can be asked about: ids, and the members that they stand for."""

from collections.abc import Hashable, Iterator
from typing import Final, NamedTuple

from msgspec import Struct

from ringwall.model.attachments import Attachment
from ringwall.space.addresses import Addresses

STANDING: Final = frozenset(("pod", "node"))
"""The kinds of attachments that stand on a node."""

SERVICE: Final = "service"


class Machine(NamedTuple):
    """A node, by its cluster and its name."""

    cluster: str
    node: str


class Member(NamedTuple):
    """One pod, node, interface, Service, API endpoint, or addresses that nobody holds.

    ``addresses`` are those that the attachment stands for, where it is one of many alike.
    ``public`` says that it is meant by the public address that the Internet knows it by: then it
    does not matter where it stands. ``machine`` is the node that an interface belongs to.
    """

    attachments: tuple[Attachment, ...]
    addresses: Addresses | None = None
    public: bool = False
    machine: Machine | None = None

    @property
    def pod(self) -> int:
        """The number of the pod that it is, or -1."""
        pods = {one.pod for one in self.attachments}
        return pods.pop() if len(pods) == 1 and not self.public else -1

    @property
    def node(self) -> str:
        """The name of the node that it stands on, empty where none, or not one, is known."""
        if self.machine:
            return self.machine.node
        nodes = {one.node for one in self.attachments if one.kind in STANDING}
        return nodes.pop() if len(nodes) == 1 and not self.public else ""

    def stands(self, one: Attachment) -> bool:
        """Whether an attachment of it stands on a node."""
        return not self.public and (self.machine is not None or one.kind in STANDING)

    @property
    def itself(self) -> Hashable:
        """What tells it from every other member; None for addresses that are many."""
        if self.pod >= 0:
            return self.pod
        if self.addresses is not None and self.addresses.size(4) + self.addresses.size(6) > 1:
            return None
        return tuple((one.owner, one.family, one.address, one.domain) for one in self.attachments)


class Endpoint(Struct, frozen=True, eq=False):
    """An id of an output, what kind of thing it is, and its members.

    ``kind`` is ``workload``, ``pod``, ``node``, ``service``, ``interface``, ``instance``, ``api``,
    ``address``, ``block`` or ``internet``.
    """

    id: str
    kind: str
    members: tuple[Member, ...]


def in_both(a: Endpoint, b: Endpoint) -> Iterator[Member]:
    """The members that two endpoints share, in the order of the first."""
    theirs = {one.itself for one in b.members} - {None}
    return (one for one in a.members if one.itself in theirs)


def is_service(member: Member) -> bool:
    """Whether it is a Service."""
    return any(one.kind == SERVICE for one in member.attachments)


def services_of(endpoint: Endpoint) -> list[Member]:
    """The members that are Services."""
    return [member for member in endpoint.members if is_service(member)]


def is_outside(endpoint: Endpoint) -> bool:
    """Whether nothing that was read is meant."""
    return all(one.kind == "outside" for member in endpoint.members for one in member.attachments)
