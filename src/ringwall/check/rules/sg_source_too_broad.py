"""A rule's source is larger than the VPC and the own networks."""

from collections.abc import Iterator

from ringwall.check.admitted import size_of, sizes_text
from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.fronts import Fronts
from ringwall.check.groups import Ingress, each_rule, from_outside
from ringwall.check.ports import HTTPS, beyond
from ringwall.check.rule import Rule
from ringwall.reach.ids import Services

_AWS = "AWS"

RULE = Rule(
    id="sg-source-too-broad",
    title="A rule admits more addresses than the VPC and the own networks have",
    severity="medium",
    kind="both",
    remediation="put the addresses or the group that is meant in the place of the block, or name "
    "the network in ringwall.toml: aws ec2 modify-security-group-rules",
    folds=("sg-non-443-ingress",),
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per ingress rule whose source holds too many foreign addresses."""
    fronts = Fronts.of(audit)
    yield from each_rule(audit, RULE, lambda ingress: _judge(fronts, ingress))


def _judge(fronts: Fronts, ingress: Ingress) -> Finding | None:
    asked, source = _asked(fronts, ingress), ingress.source
    if not asked or ingress.names_group or _is_of_aws(ingress):
        return None
    if source is None:
        use = ingress.used_from_outside(asked)
        reason = f"the size of {ingress.rule.peer} is not known: its entries were not read"
        return ingress.finding(RULE, "unknown", "medium", reason, use, needs=use.needs)
    foreign = source - ingress.inside
    if size_of(foreign) <= ingress.audit.config.thresholds.source_addresses:
        return None
    use = ingress.used_by(asked, foreign)
    reason = f"{ingress.rule.peer} holds {sizes_text(foreign)} beyond the VPC and the own networks"
    needs = _needs(fronts, ingress)
    return ingress.finding(
        RULE,
        "unknown" if needs else "fail",
        use.severity("medium", "medium"),
        f"{reason}, and {from_outside(use)}",
        use,
        **({"needs": needs} if needs else {}),
    )


def _needs(fronts: Fronts, ingress: Ingress) -> str:
    """What has to be read to say whether the source is too large for what it is there for."""
    if ingress.may_name_own_vpc:
        return "aws ec2 describe-vpcs"
    only_https = not beyond(ingress.services, HTTPS)
    if only_https and not fronts.knows(ingress.audit, ingress.group):
        return "aws ec2 describe-network-interfaces"
    return ""


def _asked(fronts: Fronts, ingress: Ingress) -> tuple[Services, ...]:
    """What it opens; TCP 443 is what a load balancer that faces the Internet has it for."""
    carriers = ingress.audit.carriers(ingress.group)
    front = ingress.group in fronts.internet_groups or any(map(fronts.faces_internet, carriers))
    only_front = front and all(map(fronts.faces_internet, carriers))
    return beyond(ingress.services, HTTPS) if only_front else ingress.services


def _is_of_aws(ingress: Ingress) -> bool:
    """A list that AWS keeps names one of its services, however many addresses that has."""
    entry = ingress.audit.fabric.lists.get(ingress.rule.peer)
    return entry is not None and entry[1].owner_id == _AWS
