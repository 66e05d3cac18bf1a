"""The ids of a world: which endpoint each of them names, and what to write instead of a slip."""

import ipaddress
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import Final

from ringwall.errors import UsageError
from ringwall.facts import aws
from ringwall.model.attachments import Attachment
from ringwall.model.fabric.interfaces import Interface
from ringwall.reach.engine.compose import Engine
from ringwall.reach.engine.endpoints import STANDING, Endpoint, Machine, Member
from ringwall.space.addresses import INTERNET, Addresses

INTERNET_ID: Final = "internet"


class Directory:
    """Finds endpoints by id; the same id always gives the same object."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._model = engine.model
        self._known: dict[str, Endpoint] = {}

    def find(self, text: str) -> Endpoint:
        """The endpoint that an id, an address or a CIDR block names.

        A prefix ``CLUSTER!`` or ``ACCOUNT:REGION!`` and the ``[Kind]`` of a workload can be left
        out where what remains is clear. Raises UsageError.
        """
        found = self._known.get(text)
        if found is None:
            found = self._found(text)
            found = self._known[text] = self._known.setdefault(found.id, found)
        return found

    def _found(self, text: str) -> Endpoint:
        if text in self.ids:
            return self._made(text)
        if text == INTERNET_ID:
            return Endpoint(text, "internet", tuple(self._public()))
        domain, _, place = text.rpartition("!")
        if (block := _block(place)) is not None:
            return self._block(next(block.blocks()), "block", block)
        if (at := _address(place)) is not None:
            return self._at(text, domain, *at)
        named = self._short.get(text, ())
        if len(named) > 1:
            raise UsageError(
                f"`{text}` is ambiguous: it may be {', '.join(named)}; write one of these"
            )
        if not named:
            raise UsageError(f"`{text}` is nothing that was read; {self._hint(text)}")
        return self.find(named[0])

    # --- ids of objects -----------------------------------------------------------------------

    @cached_property
    def ids(self) -> dict[str, str]:
        """The id of everything that was read and can be asked about, with its kind."""
        model = self._model
        found: dict[str, str] = {}
        for pod in model.workloads.pods:
            found[pod.id] = "pod"
            found.setdefault(pod.workload, "workload")
        for cluster in model.workloads.clusters.values():
            found.update((node.id, "node") for node in cluster.nodes.values())
        found.update((one.owner, one.kind) for one in model.holders.services)
        found.update((one.owner, one.kind) for one in model.holders.apis)
        found.update((id_, "interface") for id_ in self._interfaces)
        found.update((id_, "instance") for id_ in self._instances)
        return dict(sorted(found.items()))

    @cached_property
    def _short(self) -> dict[str, list[str]]:
        """What may be written instead of ids, without their prefix or their kind."""
        found: dict[str, list[str]] = {}
        for id_ in self.ids:
            bare = id_.rpartition("!")[2]
            for short in {bare, bare.partition("[")[0], id_.partition("[")[0]} - {id_}:
                found.setdefault(short, []).append(id_)
        return found

    @cached_property
    def _interfaces(self) -> dict[str, Interface]:
        return {str(one.key): one for one in self._model.fabric.interfaces.values()}

    @cached_property
    def _instances(self) -> dict[str, list[Interface]]:
        """The interfaces of every instance that was read, or that an interface names."""
        found: dict[str, list[Interface]] = {
            str(key): [] for key, _ in self._model.facts.of(aws.Instance)
        }
        for one in self._interfaces.values():
            if one.instance:
                found.setdefault(str(one.key._replace(kind="i", name=one.instance)), []).append(one)
        return found

    @cached_property
    def _pods(self) -> dict[str, list[int]]:
        """The pods of every workload."""
        found: dict[str, list[int]] = {}
        for number, pod in enumerate(self._model.workloads.pods):
            found.setdefault(pod.workload, []).append(number)
        return found

    def pods_of(self, workload: str) -> list[str]:
        """The ids of a workload's pods."""
        pods = self._model.workloads.pods
        return [pods[number].id for number in self._pods.get(workload, ())]

    def _made(self, id_: str) -> Endpoint:
        kind, holders = self.ids[id_], self._model.holders
        if id_ in self._pods:
            return Endpoint(id_, kind, tuple(Member(holders.of(pod)) for pod in self.pods_of(id_)))
        if kind not in ("interface", "instance"):
            return Endpoint(id_, kind, (Member(holders.of(id_)),))
        mine = self._instances[id_] if kind == "instance" else [self._interfaces[id_]]
        found = tuple(one for interface in mine for one in holders.of_interface(interface))
        return Endpoint(id_, kind, (Member(found, machine=self._machine(mine)),))

    def _machine(self, interfaces: Sequence[Interface]) -> Machine | None:
        """The node that interfaces belong to."""
        return self._nodes.get(interfaces[0].instance) if interfaces else None

    @cached_property
    def _nodes(self) -> dict[str, Machine]:
        """The nodes by their instances."""
        clusters = self._model.workloads.clusters.values()
        nodes = [node for cluster in clusters for node in cluster.nodes.values() if node.instance]
        return {node.instance: Machine(node.cluster, node.name) for node in nodes}

    def _hint(self, text: str) -> str:
        """What may have been meant."""
        known = {**self._short, **{id_: [id_] for id_ in self.ids}, INTERNET_ID: [INTERNET_ID]}
        near = [id_ for one in get_close_matches(text, known, n=3) for id_ in known[one]]
        if near:
            return f"did you mean {' or '.join([*dict.fromkeys(near)][:3])}?"
        return f"ids look like {', '.join([*self.ids][:3] or [INTERNET_ID])}"

    # --- addresses ----------------------------------------------------------------------------

    def _block(self, id_: str, kind: str, addresses: Addresses) -> Endpoint:
        found = self._engine.attachments_in(addresses)
        return Endpoint(id_, kind, tuple(self._held(one, mine) for one, mine in found))

    def _at(self, text: str, domain: str, family: int, value: int) -> Endpoint:
        """Who holds an address, or the address itself."""
        owners = self._engine.owner(family, value)
        mine = [one for one in owners if not domain or domain in self._domains(one)]
        if not mine:
            raise UsageError(f"`{text}`: nothing in `{domain}` has that address")
        if len(mine) > 1:
            place = text.rpartition("!")[2]
            named = sorted(f"{self._domain(one, mine)}!{place} ({one.owner})" for one in mine)
            raise UsageError(
                f"`{text}` is ambiguous: it may be {', '.join(named)}; write one of these"
            )
        return Endpoint(text.lstrip("!"), "address", (self._held(mine[0]),))

    def _held(self, one: Attachment, addresses: Addresses | None = None) -> Member:
        """Who holds an address, or would; by a public address he does not have it himself."""
        own = self._model.holders.of(one.owner)
        public = one.kind in STANDING and one not in own
        if one.kind != "interface":
            return Member((one,), addresses, public)
        interface = self._model.fabric.interfaces[one.interface]
        if one.family == 4 and one.address in interface.publics.values():
            return Member((one,), addresses, public=True)
        return Member((one,), addresses, machine=self._machine([interface]))

    def _domains(self, one: Attachment) -> list[str]:
        """What may stand before the ``!`` of an address, the shortest first."""
        vpc = self._vpcs.get(one.domain, "")
        return [name for name in (one.cluster, vpc, one.domain) if name]

    def _domain(self, one: Attachment, among: Sequence[Attachment]) -> str:
        """The first name of its domain that is no other's."""
        others = [other for other in among if other is not one]
        names = self._domains(one)
        alone = (n for n in names if not any(n in self._domains(other) for other in others))
        return next(alone, names[-1] if names else "")

    @cached_property
    def _vpcs(self) -> dict[str, str]:
        """``ACCOUNT:REGION`` of every VPC, where that is told."""
        return {body.vpc_id: key.scope for key, body in self._model.facts.of(aws.Vpc)}

    # --- what is there ------------------------------------------------------------------------

    def objects(self, *, pods: bool = False) -> list[Endpoint]:
        """What an output is about unless something else is asked for, by id: workloads (or pods),
        nodes, interfaces that neither pod nor node holds, and API endpoints."""
        wanted = {"pod" if pods else "workload", "node", "interface", "api"}
        own = {pod.workload for pod in self._model.workloads.pods if pod.workload == pod.id}
        found = [
            self.find(id_)
            for id_, kind in self.ids.items()
            if kind in wanted or (id_ in own and not pods)
        ]
        return [one for one in found if one.kind != "interface" or _unheld(one)]

    def _public(self) -> Iterator[Member]:
        """Every public address that nobody holds."""
        for one, mine in self._engine.outside():
            if mine & INTERNET:
                yield Member((one,), mine & INTERNET)


def _unheld(interface: Endpoint) -> bool:
    attachments = [one for member in interface.members for one in member.attachments]
    return bool(attachments) and all(one.kind == "interface" for one in attachments)


def _block(text: str) -> Addresses | None:
    """A CIDR block, None if the text is no attempt at one. Raises UsageError."""
    start, slash, _ = text.partition("/")
    if not slash or _address(start) is None:
        return None
    try:
        return Addresses.of(text)
    except ValueError as error:
        raise UsageError(f"`{text}` is not a CIDR block: {error}") from None


def _address(text: str) -> tuple[int, int] | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return found.version, int(found)
