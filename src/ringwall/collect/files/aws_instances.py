"""Instances, and the interfaces that they tell of in passing.

An interface has an answer of its own (``describe-network-interfaces``), which says more and wins;
where that was not collected, what its instance says of it is used.
"""

from collections.abc import Mapping

from ringwall.collect.files.aws_place import Place, Raw, adopted, scopes_read
from ringwall.collect.intake import Intake
from ringwall.facts.aws import Instance, NetworkInterface
from ringwall.facts.fact import Key


def read(raw: Raw, place: Place) -> None:
    """One instance with its interfaces; one that is terminated has none any more."""
    body = place.read(raw, Instance, raw.get("InstanceId"), _check)
    if body is None:
        return
    if body.state and body.state.name == "terminated":
        place.intake.leave_out("terminated instances")
        return
    place.intake.fact(Key(place.scope(raw), "i", body.instance_id), body, place.origin)
    interfaces = raw.get("NetworkInterfaces") or []
    if not isinstance(interfaces, list):
        place.invalid(body.instance_id, "its NetworkInterfaces are not a list")
        return
    for i, interface in enumerate(interfaces):
        at = place.below("NetworkInterfaces", i)
        if isinstance(interface, Mapping):
            _interface(_filled(interface, raw, alone=len(interfaces) == 1), at)
        else:
            at.invalid(body.instance_id, "an interface of it is not an object")


def _interface(raw: Raw, place: Place) -> None:
    body = place.read(raw, NetworkInterface, raw.get("NetworkInterfaceId"))
    if body is not None:
        key = Key(place.scope(raw), "eni", body.network_interface_id)
        place.intake.piece("interface-of-instance", key, body, place.origin)


def finish(intake: Intake) -> None:
    """Offers the interfaces as fallbacks, under the key that their own answer would give."""
    scopes = scopes_read(intake, NetworkInterface)
    for key, body, origin in intake.parts("interface-of-instance", NetworkInterface):
        scope = adopted(scopes, key.name, key.scope)
        intake.fallback(key._replace(scope=scope), body, origin)


def _check(instance: Instance) -> None:
    if not instance.instance_id:
        raise ValueError("its InstanceId is empty")


def _filled(interface: Raw, instance: Raw, *, alone: bool) -> Raw:
    """An interface with what only its instance says: the instance, the zone, the primary's place.

    What the interface says itself is kept.
    """
    known = {"VpcId": instance.get("VpcId"), "AvailabilityZone": _zone(instance)}
    attachment = interface.get("Attachment") or {}
    if isinstance(attachment, Mapping):
        if alone or attachment.get("DeviceIndex") == 0:
            known["SubnetId"] = instance.get("SubnetId")
            known["Groups"] = instance.get("SecurityGroups")
        attachment = {**attachment, "InstanceId": instance.get("InstanceId")}
    said = {key: value for key, value in interface.items() if value is not None}
    return {**known, **said, "Attachment": attachment}


def _zone(instance: Raw) -> object:
    placement = instance.get("Placement")
    return placement.get("AvailabilityZone") if isinstance(placement, Mapping) else None
