"""Input in many small files, as several people would collect it: for laws about merging.

Every list of an answer is cut into files of its own; what one call tells is told by another one too
(interfaces by their instances, rules listed one by one), sometimes with less, sometimes spoilt,
sometimes in a folder that states account and region.
"""

import json
import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ringwall.collect.files import tree
from ringwall.collect.intake import Intake
from ringwall.facts import archive
from ringwall.facts.fact import Facts
from ringwall.facts.snapshot import TOOL, Making, Snapshot, digest, merged
from ringwall.net import Net
from ringwall.report.json import render

Json = dict[str, Any]
Files = dict[str, str]

PLACES: Final = ("aws", "aws", "111122223333/eu-west-1")
OTHER_PAGE: Final = "eyJuZXh0IjogMX0="


def intake_of(files: Mapping[str, str], cluster: str = "") -> Intake:
    """What the files tell, before what all of it together tells is added."""
    intake = Intake(cluster)
    for name, text in files.items():
        tree.read_data(text.encode(), name, intake)
    return intake


def scattered(files: Mapping[str, str], chance: random.Random) -> Files:
    """The same world in small files, told more than once."""
    documents = [
        part for name, text in files.items() for part in _cut(name, json.loads(text), chance)
    ]
    documents += _told_again([document for _, document in documents], chance)
    documents = [(name, _spoilt(document, chance)) for name, document in documents]
    chance.shuffle(documents)
    return {
        f"{_place(name, document, chance)}-{number}.json": json.dumps(document)
        for number, (name, document) in enumerate(documents)
    }


def _place(name: str, document: Json, chance: random.Random) -> str:
    call = name.rpartition("/")[2].removesuffix(".json")
    if "kind" in document:
        return f"{chance.choice(('k8s', 'clusters/prod', 'clusters/test'))}/{call}"
    return f"{chance.choice(PLACES)}/{call}"


def _spoilt(document: Json, chance: random.Random) -> Json:
    """The same with groups of which not every rule is told, or nothing at all."""
    if "SecurityGroups" not in document:
        return document
    groups = [
        {key: value for key, value in group.items() if key != "IpPermissionsEgress" or whole}
        for group, whole in ((one, chance.random() < 0.7) for one in document["SecurityGroups"])
        if chance.random() < 0.8
    ]
    return {**document, "SecurityGroups": groups}


def _cut(name: str, document: Json, chance: random.Random) -> Iterator[tuple[str, Json]]:
    """A document as several, each with some items of its list."""
    (key,) = [one for one, value in document.items() if isinstance(value, list)] or [""]
    if not key or key == "Entries":
        yield name, document
        return
    items = document[key]
    for some in _parts(items, chance):
        yield name, {**document, key: some}


def _parts(items: list[Any], chance: random.Random) -> Iterator[list[Any]]:
    while items:
        size = chance.randint(1, len(items))
        yield items[:size]
        items = items[size:]


def _told_again(documents: list[Json], chance: random.Random) -> Iterator[tuple[str, Json]]:
    for document in documents:
        for group in document.get("SecurityGroups", ()):
            if chance.random() < 0.6:
                yield from _listed(group, chance)
            if chance.random() < 0.2:  # changed between two calls
                changed = {**group, "IpPermissions": group.get("IpPermissions", [])[1:]}
                yield "describe-security-groups", {"SecurityGroups": [changed]}
        for interface in document.get("NetworkInterfaces", ()):
            if chance.random() < 0.5:
                yield "describe-instances", {"Instances": [_instance(interface, chance)]}
        for one in document.get("PrefixLists", ()):
            if chance.random() < 0.4:
                entries = [{"Cidr": chance.choice(("198.51.100.0/24", "203.0.113.0/24"))}]
                told = {"PrefixListId": one["PrefixListId"], "Entries": entries}
                yield "get-managed-prefix-list-entries", told
        for item in document.get("items", ()):
            if chance.random() < 0.2:
                yield "again", {"apiVersion": "v1", "kind": "List", "items": [_edited(item)]}


def _instance(interface: Json, chance: random.Random) -> Json:
    known = {key: value for key, value in interface.items() if chance.random() < 0.8}
    told = {**known, "NetworkInterfaceId": interface["NetworkInterfaceId"]}
    id_ = (interface.get("Attachment") or {}).get("InstanceId", "i-77")
    return {
        "InstanceId": id_,
        "VpcId": interface["VpcId"],
        "SubnetId": interface["SubnetId"],
        "SecurityGroups": interface["Groups"],
        "NetworkInterfaces": [told],
    }


def _listed(group: Json, chance: random.Random) -> Iterator[tuple[str, Json]]:
    rules = [
        {
            "SecurityGroupRuleId": f"sgr-{chance.randrange(16**8):08x}",
            "GroupId": group["GroupId"],
            "IsEgress": name == "IpPermissionsEgress",
            "Description": chance.choice(("", "as agreed")),
            **{key: permission[key] for key in _PORTS if key in permission},
            **peer,
        }
        for name in ("IpPermissions", "IpPermissionsEgress")
        for permission in group.get(name, ())
        for peer in _peers(permission)
    ]
    if chance.random() < 0.2:
        rules.append({"GroupId": group["GroupId"], "IpProtocol": "tcp"})  # no direction
    for some in _parts(rules, chance):
        more = {"NextToken": OTHER_PAGE} if chance.random() < 0.2 else {}
        yield "describe-security-group-rules", {"SecurityGroupRules": some, **more}


_PORTS: Final = ("IpProtocol", "FromPort", "ToPort")


def _peers(permission: Json) -> Iterator[Json]:
    for one in permission.get("IpRanges", ()):
        yield {"CidrIpv4": one["CidrIp"]}
    for one in permission.get("Ipv6Ranges", ()):
        yield {"CidrIpv6": one["CidrIpv6"]}
    for one in permission.get("PrefixListIds", ()):
        yield {"PrefixListId": one["PrefixListId"]}
    for one in permission.get("UserIdGroupPairs", ()):
        yield {"ReferencedGroupInfo": {"GroupId": one["GroupId"]}}


def _edited(item: Json) -> Json:
    metadata = {**item["metadata"], "labels": {"edited": "yes"}, "resourceVersion": "7"}
    return {**item, "metadata": metadata}


# --- snapshots of it ------------------------------------------------------------------------------


def made(intake: Intake, at: str = "2026-01-01T00:00:00Z") -> bytes:
    """The file of a snapshot of everything that was taken in."""
    said, left_out = intake.said(), dict(intake.left_out)
    facts, _ = tree.settled(intake)
    making = Making(at, TOOL, digest(facts), left_out)
    return archive.pack(merged([said, Snapshot(made=(making,))]), facts)


def read(*packed: bytes) -> Intake:
    intake = Intake()
    for number, data in enumerate(packed):
        tree.read_data(data, f"{number}.zip", intake)
    return intake


def merge(packed: Iterable[bytes]) -> bytes:
    intake = read(*packed)
    said = intake.said()
    return archive.pack(said, tree.settled(intake)[0])


def everything(intake: Intake) -> tuple[Any, ...]:
    """All that reading gives, comparable."""
    facts, left_out = tree.settled(intake)
    return dict(facts), facts.gaps, facts.warnings, facts.assumes, left_out


def answer(facts: Facts) -> str:
    return render(Net(facts).reach())


def split(files: Files, chance: random.Random) -> list[Files]:
    halves: list[Files] = [{} for _ in range(chance.randint(2, 4))]
    for name, text in files.items():
        chance.choice(halves)[name] = text
    return halves


def regrouped(packed: list[bytes], chance: random.Random) -> bytes:
    """The same merge in another order and grouping."""
    left = chance.sample(packed, len(packed))
    while len(left) > 1:
        some = chance.randint(2, len(left))
        left = [*left[some:], merge(left[:some])]
        chance.shuffle(left)
    return left[0]
