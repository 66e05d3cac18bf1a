"""What an end of a row is to people: a data store, a load balancer, the Internet, another VPC …"""

import re
from typing import Final, NamedTuple

from ringwall.check.asks import documents as groups
from ringwall.facts import aws
from ringwall.model.fabric.interfaces import Interface
from ringwall.reach.engine.directory import INTERNET_ID
from ringwall.reach.engine.endpoints import Endpoint
from ringwall.reach.engine.outside import whole
from ringwall.reach.engine.relation import Relation
from ringwall.space.addresses import INTERNET, Addresses


class Kind(NamedTuple):
    """A group of an answer; the service of AWS that an interface belongs to, and what tells so."""

    group: str
    what: str = ""
    told_by: str = ""

    def of_any(self, _: object) -> "Kind":
        """The same whatever it is asked about."""
        return self


class Sign(NamedTuple):
    """How the interfaces of a service are known: what their description is like, who asked for
    them, and their type."""

    what: str
    description: str
    requester: str = ""
    type: str = ""


STORES: Final = (
    Sign("RDS", r"RDSNetworkInterface$|Network interface for DBProxy", "amazon-rds"),
    Sign("ElastiCache", r"ElastiCache[ +]", "amazon-elasticache"),
    Sign("OpenSearch", r"ES ", "amazon-elasticsearch"),
    Sign("MSK", r"DO NOT DELETE - Amazon MSK network interface for cluster "),
    Sign("EFS", r"EFS mount target for ", "", "efs"),
    Sign("Redshift", r"RedshiftNetworkInterface$", "amazon-redshift"),
)
"""Who keeps data: what the services themselves write where they ask for interfaces. An interface of
one's own can imitate a description, therefore the answer says what told it."""
BALANCERS: Final = (
    Sign("network load balancer", r"ELB net/", "", "network_load_balancer"),
    Sign("gateway load balancer", r"ELB gwy/", "", "gateway_load_balancer"),
    Sign("load balancer", r"ELB ", "amazon-elb", "load_balancer"),
)
"""Who balances load."""
_OTHERS: Final = (
    Sign("EKS control plane", r"Amazon EKS "),
    Sign("NAT gateway", r"Interface for NAT Gateway ", "", "nat_gateway"),
    Sign("VPC endpoint", r"VPC Endpoint Interface ", "", "vpc_endpoint"),
    Sign("Lambda", r"AWS Lambda VPC ENI", "", "lambda"),
    Sign("transit gateway", r"Network Interface for Transit Gateway ", "", "transit_gateway"),
)
_LINK_LOCAL: Final = Addresses.of("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32")
_METADATA: Final = "instance metadata among them"
METADATA_ADDRESS: Final = "169.254.169.254"
_OF_OBJECTS: Final = {
    "workload": groups.WORKLOADS,
    "pod": groups.WORKLOADS,
    "node": groups.NODES,
    "instance": groups.NODES,
    "api": groups.API_SERVERS,
}


class Kinds:
    """Tells the kinds of endpoints of one relation; ``own`` are the user's own networks."""

    def __init__(self, relation: Relation, own: Addresses) -> None:
        self._model, self._own = relation.engine.model, own
        self._facts = relation.facts
        vpcs = {body.vpc_id for _, body in self._facts.of(aws.Vpc)}
        self._vpcs = vpcs | {one.vpc for one in self._model.fabric.interfaces.values()} - {""}

    def of(self, endpoint: Endpoint) -> Kind:
        """The kind of an endpoint that rows name."""
        if endpoint.kind == "interface":
            return self._of_interface(endpoint)
        found = _OF_OBJECTS.get(endpoint.kind)
        return Kind(found) if found else self._of_addresses(endpoint)

    def of_sender(self, endpoint: Endpoint, target: Endpoint) -> Kind:
        """The same of one that sends: what lies in other VPCs than the target is told apart."""
        found, here, there = self.of(endpoint), self.vpcs(endpoint), self.vpcs(target)
        if here and there and not here & there:
            return found._replace(group=groups.OTHER_VPCS)
        return found

    def vpcs(self, endpoint: Endpoint) -> set[str]:
        """The VPCs that an endpoint lies in."""
        attached = (one for member in endpoint.members for one in member.attachments)
        return {one.domain for one in attached} & self._vpcs

    def _of_addresses(self, endpoint: Endpoint) -> Kind:
        if endpoint.id == INTERNET_ID:
            return Kind(groups.INTERNET)
        addresses = whole(endpoint.members)
        if addresses and addresses <= _LINK_LOCAL:
            holds = METADATA_ADDRESS in addresses
            return Kind(groups.LINK_LOCAL, *((_METADATA, "address") if holds else ()))
        if addresses and addresses <= self._own:
            return Kind(groups.OWN)
        return Kind(groups.INTERNET if (addresses - self._own) & INTERNET else groups.OUTSIDE)

    def _of_interface(self, endpoint: Endpoint) -> Kind:
        first = endpoint.members[0].attachments[0]
        interface = self._model.fabric.interfaces[first.interface]
        for group, signs in (
            (groups.DATA_STORES, STORES),
            (groups.BALANCERS, BALANCERS),
            (groups.INTERFACES, _OTHERS),
        ):
            for sign in signs:
                if told_by := self._told_by(interface, sign):
                    return Kind(group, sign.what, told_by)
        return Kind(groups.INTERFACES)

    def _told_by(self, interface: Interface, sign: Sign) -> str:
        if re.match(sign.description, interface.description):
            return "description"
        if sign.type and interface.kind == sign.type:
            return "interface type"
        fact = self._facts.get(interface.key)
        body = fact.body if fact else None
        asked = body.requester_id if isinstance(body, aws.NetworkInterface) else ""
        return "requester" if sign.requester and asked == sign.requester else ""
