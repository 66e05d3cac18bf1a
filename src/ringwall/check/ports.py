"""Ports that rules know by what usually listens there.

Sources: the services' own documentation and IANA's registry of port numbers; for those of a
cluster, kubernetes.io, "Ports and Protocols".
"""

from collections.abc import Iterable
from typing import Final

from ringwall.check.admitted import blocks_in, services_in
from ringwall.reach.definition.packet import TCP, UDP
from ringwall.reach.ids import Services
from ringwall.space.services import ServiceSet

_SHELLS: Final = {"SSH": "tcp/22", "Remote Desktop": "tcp/3389"}
_RISKY: Final = {
    # databases and caches
    "SQL Server": "tcp/1433-1434 udp/1434",
    "Oracle": "tcp/1521 tcp/2483-2484",
    "MySQL": "tcp/3306",
    "PostgreSQL": "tcp/5432",
    "Redshift": "tcp/5439",
    "CouchDB": "tcp/5984",
    "Redis": "tcp/6379 tcp/16379",
    "Neo4j": "tcp/7473-7474 tcp/7687",
    "Cassandra": "tcp/7000-7001 tcp/7199 tcp/9042 tcp/9160",
    "InfluxDB": "tcp/8086",
    "Elasticsearch or OpenSearch": "tcp/9200 tcp/9300",
    "Kibana": "tcp/5601",
    "memcached": "tcp/11211 udp/11211",
    "MongoDB": "tcp/27017-27019",
    # messages and coordination
    "ZooKeeper": "tcp/2181",
    "RabbitMQ": "tcp/5671-5672 tcp/15672",
    "Kafka": "tcp/9092-9094",
    "Consul": "tcp/8500-8501",
    "Vault": "tcp/8200-8201",
    # the cluster's own
    "Docker": "tcp/2375-2376",
    "etcd": "tcp/2379-2380",
    "the Kubernetes API server": "tcp/6443",
    "the kubelet": "tcp/10250 tcp/10255",
    "kube-proxy": "tcp/10249 tcp/10256",
    "the controller manager or the scheduler": "tcp/10257 tcp/10259",
    # files, directories and remote control
    "FTP": "tcp/20-21",
    "Telnet": "tcp/23",
    "rpcbind": "tcp/111 udp/111",
    "Kerberos": "tcp/88 udp/88",
    "Windows RPC": "tcp/135",
    "NetBIOS": "tcp/139 udp/137-138",
    "LDAP": "tcp/389 udp/389 tcp/636",
    "SMB": "tcp/445",
    "rsync": "tcp/873",
    "NFS": "tcp/2049 udp/2049",
    "VNC": "tcp/5900-5903",
    "WinRM": "tcp/5985-5986",
}

SHELLS: Final = ServiceSet.parse(" ".join(_SHELLS.values()))
"""Remote shells and desktops."""
RISKY: Final = ServiceSet.parse(" ".join(_RISKY.values()))
"""Databases, caches, brokers, control ports and file shares: not meant for the Internet."""
HTTP: Final = ServiceSet.of(TCP, 80)
"""HTTP in plain text."""
HTTPS: Final = ServiceSet.of(TCP, 443)
"""HTTP over TLS."""
NODE_PORTS: Final = ServiceSet.parse("tcp/30000-32767 udp/30000-32767")
"""The range that Services of type NodePort and LoadBalancer take their ports from."""
PINGS: Final = ServiceSet.parse("icmp icmpv6")
"""ICMP of both families."""


def within(asked: Iterable[Services], wanted: ServiceSet) -> tuple[Services, ...]:
    """What services have of a set."""
    return blocks_in(services_in(asked) & wanted)


def beyond(asked: Iterable[Services], left_out: ServiceSet) -> tuple[Services, ...]:
    """What services have beside a set."""
    return blocks_in(services_in(asked) - left_out)


def known_as(asked: Iterable[Services]) -> list[str]:
    """What usually listens on services, in words: remote shells first, then the risky ones."""
    found = services_in(asked)
    return [name for name, text in _NAMED if found & text]


def count(asked: Iterable[Services]) -> int:
    """How many ports of TCP and UDP services hold."""
    both = ServiceSet.of(TCP) | ServiceSet.of(UDP)
    return (services_in(asked) & both).size()


_NAMED: Final = [(name, ServiceSet.parse(text)) for name, text in (_SHELLS | _RISKY).items()]
