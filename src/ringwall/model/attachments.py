"""Attachments: one address of one endpoint, in one routing domain."""

from msgspec import Struct

from ringwall.facts.fact import Key


class Attachment(Struct, frozen=True, gc=False):
    """One address of one endpoint.

    ``owner`` is the id of the endpoint (``shop/web-1[Pod]``, ``node/ip-10-0-0-1``, ``eni-1``, an
    address in text, ``svc/…``, ``eks-api/…``; with a prefix ``CLUSTER!`` where that is named).
    ``kind`` is ``pod``, ``node``, ``interface``, ``service``, ``api``, ``outside`` (nobody's, in
    no VPC that was read) or ``unowned`` (nobody's, in a VPC's blocks). ``family`` is 4 or 6, or 0
    where the input has no address (a pod's: some private IPv4 address). ``pod`` is the index in
    the pods of all clusters, or -1; ``node`` the name of the node that it is or runs on;
    ``interface`` the network interface that it was named by; ``domain`` the VPC; ``key`` the fact
    of a Service or API endpoint.
    """

    owner: str
    kind: str
    family: int = 0
    address: int = 0
    cluster: str | None = None
    pod: int = -1
    node: str = ""
    interface: str = ""
    domain: str = ""
    key: Key | None = None
