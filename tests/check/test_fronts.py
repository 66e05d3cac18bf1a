"""Which load balancers face the Internet: by scheme, else by what their interfaces show."""

import json

import pytest

from ringwall.check.audit import Audit
from ringwall.check.fronts import Fronts, is_balancer
from tests.support import net_of


def audit_of(description: str, public: bool, *balancers: dict[str, str]) -> Audit:
    """One interface with a description, and load balancers beside it."""
    address = {"PrivateIpAddress": "10.0.0.5", "Primary": True}
    interface = {
        "NetworkInterfaceId": "eni-1",
        "VpcId": "vpc-1",
        "Description": description,
        "PrivateIpAddresses": [
            address | ({"Association": {"PublicIp": "198.51.100.5"}} if public else {})
        ],
    }
    files = {"interfaces.json": json.dumps({"NetworkInterfaces": [interface]})}
    new = [one for one in balancers if "Type" in one]
    old = [one for one in balancers if "Type" not in one]
    files["new.json"] = json.dumps({"LoadBalancers": new})
    files["old.json"] = json.dumps({"LoadBalancerDescriptions": old})
    return Audit(net_of(files))


@pytest.mark.parametrize(
    ("description", "public", "balancer", "faces"),
    [
        ("ELB app/shop/50dc", True, ("shop", "application", "internet-facing"), True),
        ("ELB net/shop/50dc", False, ("shop", "network", "internet-facing"), True),
        ("ELB app/shop/50dc", False, ("shop", "application", "internal"), False),
        ("ELB app/shop/50dc", True, ("shop", "application", "internal"), False),
        ("ELB shop", True, ("shop", "", "internet-facing"), True),
        ("ELB shop", False, ("shop", "", "internal"), False),
        ("ELB app/other/50dc", True, ("shop", "application", "internal"), True),
        ("ELB app/other/50dc", False, ("shop", "application", "internet-facing"), False),
        ("Amazon EKS shop", True, ("shop", "application", "internet-facing"), False),
    ],
)
def test_a_load_balancer_faces_the_internet(
    description: str, public: bool, balancer: tuple[str, str, str], faces: bool
) -> None:
    name, kind, scheme = balancer
    told = {"LoadBalancerName": name, "Scheme": scheme} | ({"Type": kind} if kind else {})
    audit = audit_of(description, public, told)
    (interface,) = audit.fabric.interfaces.values()

    assert Fronts.of(audit).faces_internet(interface) is faces
    assert is_balancer(interface) is description.startswith("ELB ")
