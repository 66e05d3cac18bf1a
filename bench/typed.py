"""The unit of the budgets: the same bytes decoded into the product's own structs, nothing more."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from ringwall.collect.files.kinds import READ
from ringwall.facts import aws

_PLURALS: Final = {"ingress": "ingresses", "networkpolicy": "networkpolicies"}
_KUBERNETES: Final = {
    _PLURALS.get(kind.lower(), f"{kind.lower()}s"): known.type for (_, kind), known in READ.items()
}


class _Referenced(msgspec.Struct, rename="pascal"):
    group_id: str = ""


class _Rule(msgspec.Struct, rename="pascal"):
    """A listed rule before it is put into the tool's words: the facts have it only after."""

    group_id: str
    is_egress: bool
    ip_protocol: str
    security_group_rule_id: str = ""
    from_port: int = -1
    to_port: int = -1
    cidr_ipv4: str = ""
    cidr_ipv6: str = ""
    prefix_list_id: str = ""
    description: str = ""
    tags: tuple[aws.Tag, ...] = ()
    referenced_group_info: _Referenced | None = None


class _Group(aws.SecurityGroup, frozen=True, rename="pascal"):
    ip_permissions: tuple[aws.IpPermission, ...] = ()
    ip_permissions_egress: tuple[aws.IpPermission, ...] = ()


class _Reservation(msgspec.Struct, rename="pascal"):
    instances: tuple[aws.Instance, ...] = ()


_ANSWERS: Final[dict[str, Any]] = {
    "describe-vpcs": ("Vpcs", list[aws.Vpc]),
    "describe-subnets": ("Subnets", list[aws.Subnet]),
    "describe-route-tables": ("RouteTables", list[aws.RouteTable]),
    "describe-internet-gateways": ("InternetGateways", list[aws.InternetGateway]),
    "describe-nat-gateways": ("NatGateways", list[aws.NatGateway]),
    "describe-network-acls": ("NetworkAcls", list[aws.NetworkAcl]),
    "describe-security-groups": ("SecurityGroups", list[_Group]),
    "describe-security-group-rules": ("SecurityGroupRules", list[_Rule]),
    "describe-managed-prefix-lists": ("PrefixLists", list[aws.PrefixList]),
    "get-managed-prefix-list-entries": ("Entries", list[aws.PrefixListEntry]),
    "describe-instances": ("Reservations", list[_Reservation]),
    "describe-network-interfaces": ("NetworkInterfaces", list[aws.NetworkInterface]),
    "elbv2-describe-load-balancers": ("LoadBalancers", list[aws.LoadBalancer]),
    "eks-describe-cluster": ("cluster", aws.Cluster),
    "eks-describe-nodegroup": ("nodegroup", aws.Nodegroup),
}


class Typed:
    """The files of a world in memory, each with the decoder of what it holds."""

    def __init__(self, folder: Path) -> None:
        """Raises KeyError for a file of which no type is known."""
        decoders = dict(_decoders())
        self._files = [
            (decoders[_holds(file, decoders)], file.read_bytes())
            for file in sorted(folder.rglob("*.json"))
        ]

    def __len__(self) -> int:
        return len(self._files)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(len(content) for _, content in self._files)

    def decode(self) -> list[Any]:
        """Everything, decoded."""
        return [decoder.decode(content) for decoder, content in self._files]


def _decoders() -> Iterator[tuple[str, msgspec.json.Decoder[Any]]]:
    for name, type_ in _KUBERNETES.items():
        yield name, _decoder("items", list[type_])  # type: ignore[valid-type]
    for name, (key, held) in _ANSWERS.items():
        yield name, _decoder(key, held)


def _decoder(key: str, held: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(msgspec.defstruct("Answer", [(key, held)]))


def _holds(file: Path, known: dict[str, Any]) -> str:
    """What the file of a world holds; some are named after one of several, too."""
    return next((name for name in known if file.stem.startswith(f"{name}-")), file.stem)
