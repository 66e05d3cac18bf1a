"""What is not known says why, and what passes says by which rules."""

from hypothesis import HealthCheck, given, settings

from ringwall.space.atoms import bits
from tests.laws.worlds import World, worlds
from tests.reach.engine_asked import Asked, everything
from tests.semantics.aws_world import ANYWHERE, AwsWorld, tcp
from tests.semantics.fixture_f import fixture, from_pods, into_a, out_of_a, policy
from tests.semantics.fixture_f import tcp as port

LAW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@LAW
@given(worlds())
def test_every_service_that_is_not_known_has_a_reason(world: World) -> None:
    engine = Asked(world.files).engine
    for a, b, together, outcome in everything(engine):
        undecided = outcome.may & ~outcome.must
        for atom in bits(undecided):
            assert engine.reasons(a, b, together=together, mask=1 << atom)


@LAW
@given(worlds())
def test_replies_part_what_passes(world: World) -> None:
    engine = Asked(world.files).engine
    for _, _, _, (must, may, reply) in everything(engine):
        assert must & ~may == 0
        assert reply.established | reply.partial | reply.none | reply.unknown == may
        assert sum(mask.bit_count() for mask in reply) == may.bit_count()


def test_what_is_known_has_no_reason() -> None:
    world = Asked(fixture(into_a({"ports": [port(80)]})))

    assert world.codes("y/a[Pod]", "x/a[Pod]", "tcp/80") == set()
    assert world.codes("y/a[Pod]", "x/a[Pod]", "tcp/81") == set()
    assert world.codes("y/a[Pod]", "x/a[Pod]", "icmp") == {"protocol-undefined"}


def test_a_gate_behind_a_sure_block_is_no_reason() -> None:
    """What is blocked anyway does not become known by knowing more of another gate."""
    mesh = (
        "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n"
        "metadata: {name: p, namespace: x}\n---\n"
    )
    world = Asked(mesh + fixture(policy("y", "out", {}, egress=[], types=["Egress"])))

    assert world.verdict("y/a[Pod]", "x/a[Pod]", "tcp/80") == "blocked"
    assert world.codes("y/a[Pod]", "x/a[Pod]", "tcp/80") == set()
    assert world.verdict("z/a[Pod]", "x/a[Pod]", "tcp/80") == "unknown"
    assert world.codes("z/a[Pod]", "x/a[Pod]", "tcp/80") != set()


def test_rules_are_told_in_the_order_in_which_packets_meet_them() -> None:
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-1", "10.0.1.0/24")
    world.group("sg", ingress=[tcp(80, ANYWHERE)])
    for number in (1, 2):
        own = f"10.0.1.{number}1"
        world.interface(
            f"eni-{number}",
            "subnet-1",
            f"10.0.1.{number}0",
            groups=["sg"],
            secondary=[own],
            instance=f"i-{number}",
        )
        world.node(f"n{number}", f"i-{number}")
        world.pod(f"p{number}", own, f"n{number}")
    outward: dict[str, object] = {"to": [{"podSelector": {}}]}
    both = policy("default", "p", {}, ingress=[from_pods({})], egress=[outward])
    world.objects.append(both)
    asked = Asked(world.files())
    a, b = asked.at("default/p1[Pod]"), asked.at("default/p2[Pod]")
    mask = asked.outcome("default/p1[Pod]", "default/p2[Pod]").must

    told = asked.engine.rules(a, b, together=False, mask=mask)
    gates = ["policy-egress", "network", "network", "policy-ingress"]
    assert [one.gate for one in told] == gates
    assert asked.engine.rules(a, b, together=True, mask=mask)[1].gate == "policy-ingress"


def test_what_is_blocked_is_admitted_by_no_rule() -> None:
    world = Asked(fixture(into_a({"ports": [port(80)]}), out_of_a()))
    blocked = world.engine.rules(
        world.at("x/a[Pod]"), world.at("y/a[Pod]"), together=False, mask=world.model.atoms.full
    )

    assert blocked == []
