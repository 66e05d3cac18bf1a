"""Nodes as Kubernetes sees them, and the instances that they are."""

from typing import Any, Final

from production.plan import Interface, Node
from production.words import CLUSTER, CREATED, REGION, ZONES, Draw, dns_name, tags

_TYPE: Final = "m5.xlarge"
_IMAGES: Final = 12  # a kubelet tells of up to 50; these keep a node at about 6 KB
_CONDITIONS: Final = ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")


def node_object(node: Node, draw: Draw) -> dict[str, Any]:
    """The Node object."""
    zone = ZONES[node.zone]
    labels = {
        "eks.amazonaws.com/capacityType": "ON_DEMAND",
        "eks.amazonaws.com/nodegroup": group_name(node.group),
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": node.name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": _TYPE,
        "topology.kubernetes.io/region": REGION,
        "topology.kubernetes.io/zone": zone,
    }
    metadata = {
        "annotations": {"alpha.kubernetes.io/provided-node-ip": node.address},
        "creationTimestamp": CREATED,
        "labels": labels,
        "managedFields": [_managed(labels)],
        "name": node.name,
        "resourceVersion": draw.revision(),
        "uid": draw.uid(),
    }
    spec = {"providerID": f"aws:///{zone}/{node.instance}"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": metadata,
        "spec": spec,
        "status": _status(node, draw),
    }


def group_name(group: int) -> str:
    """The name of a node group."""
    return f"group-{group}"


def instance(node: Node, interfaces: list[dict[str, Any]], draw: Draw) -> dict[str, Any]:
    """A reservation with the node's instance and the interfaces attached to it."""
    described = {
        "ImageId": "ami-035fea8a72f1b6ca9",
        "InstanceId": node.instance,
        "InstanceType": _TYPE,
        "LaunchTime": CREATED,
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        "NetworkInterfaces": [each for each in interfaces if "Attachment" in each],
        "Placement": {"AvailabilityZone": ZONES[node.zone], "Tenancy": "default"},
        "PrivateDnsName": node.name,
        "PrivateIpAddress": node.address,
        "SecurityGroups": interfaces[0]["Groups"],
        "SourceDestCheck": True,
        "State": {"Code": 16, "Name": "running"},
        "SubnetId": interfaces[0]["SubnetId"],
        "Tags": tags(
            **{
                "Name": f"{CLUSTER}-{group_name(node.group)}",
                "eks:cluster-name": CLUSTER,
                "eks:nodegroup-name": group_name(node.group),
                f"kubernetes.io/cluster/{CLUSTER}": "owned",
            }
        ),
        "VpcId": interfaces[0]["VpcId"],
    }
    owner = interfaces[0]["OwnerId"]
    return {"Instances": [described], "OwnerId": owner, "ReservationId": draw.id("r")}


def node_interface(
    node: Node, face: Interface, where: dict[str, str], groups: list[dict[str, str]], draw: Draw
) -> dict[str, Any]:
    """An interface of a node. ``where`` names its VPC, subnet and owner."""
    addresses = [
        {
            "Primary": address == face.addresses[0],
            "PrivateDnsName": dns_name(address),
            "PrivateIpAddress": address,
        }
        for address in face.addresses
    ]
    shown: dict[str, Any] = {
        "AvailabilityZone": ZONES[face.zone],
        "Description": "" if face.device == 0 else f"aws-K8S-{node.instance}",
        "Groups": groups,
        "InterfaceType": face.kind,
        "Ipv6Addresses": [],
        "MacAddress": ":".join(["06", *(draw.hex(2) for _ in range(5))]),
        "NetworkInterfaceId": face.id,
        "PrivateDnsName": dns_name(face.addresses[0]),
        "PrivateIpAddress": face.addresses[0],
        "PrivateIpAddresses": addresses,
        "RequesterManaged": False,
        "SourceDestCheck": True,
        "Status": "in-use",
        "TagSet": [],
        **where,
    }
    if face.prefixes:
        shown["Ipv4Prefixes"] = [{"Ipv4Prefix": prefix} for prefix in face.prefixes]
    if face.kind != "branch":
        shown["Attachment"] = _attachment(node, face, where["OwnerId"], draw)
    return shown


def _attachment(node: Node, face: Interface, owner: str, draw: Draw) -> dict[str, Any]:
    return {
        "AttachTime": CREATED,
        "AttachmentId": f"eni-attach-0{draw.hex(16)}",
        "DeleteOnTermination": True,
        "DeviceIndex": face.device,
        "InstanceId": node.instance,
        "InstanceOwnerId": owner,
        "NetworkCardIndex": 0,
        "Status": "attached",
    }


def _status(node: Node, draw: Draw) -> dict[str, Any]:
    return {
        "addresses": [
            {"address": node.address, "type": "InternalIP"},
            {"address": node.name, "type": "InternalDNS"},
            {"address": node.name, "type": "Hostname"},
        ],
        "capacity": {"cpu": "4", "memory": "15896988Ki", "pods": "58"},
        "conditions": [
            {
                "lastHeartbeatTime": CREATED,
                "lastTransitionTime": CREATED,
                "message": "kubelet has sufficient resources",
                "reason": "KubeletHasSufficientResources",
                "status": "True" if kind == "Ready" else "False",
                "type": kind,
            }
            for kind in _CONDITIONS
        ],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "images": [
            {"names": [f"registry.example.com/image@sha256:{draw.hex(64)}"], "sizeBytes": 81234567}
            for _ in range(_IMAGES)
        ],
        "nodeInfo": {
            "architecture": "amd64",
            "containerRuntimeVersion": "containerd://1.7.25",
            "kernelVersion": "6.1.129-138.220.amzn2023.x86_64",
            "kubeletVersion": "v1.32.3-eks-473151a",
            "operatingSystem": "linux",
            "osImage": "Amazon Linux 2023.6.20250303",
        },
    }


def _managed(labels: dict[str, str]) -> dict[str, Any]:
    fields: dict[str, Any] = {"f:metadata": {"f:labels": {f"f:{label}": {} for label in labels}}}
    return {
        "apiVersion": "v1",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        "manager": "kubelet",
        "operation": "Update",
        "time": CREATED,
    }
