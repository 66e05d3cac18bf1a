"""One row of the table, in this process: ``python bench/stages.py STAGE WORLD FACTS``.

WORLD is a folder that ``worlds.py`` wrote, FACTS the file into which stage ``load`` puts the facts,
which the stages after it begin with. What a stage needs before it begins is not counted.
"""

import gc
import hashlib
import pickle
import random
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from measuring import Cost, Timer, best, forget_peak, peak_mb, report, timed
from msgspec import structs
from typed import Typed

from ringwall import pipeline
from ringwall.collect.files import tree
from ringwall.facts import aws, k8s
from ringwall.facts.fact import Delta, Fact, Facts, Key
from ringwall.model.network import Model, build
from ringwall.net import Net
from ringwall.reach.engine.compose import Engine
from ringwall.reach.engine.many import decide_many
from ringwall.reach.engine.relation import Relation
from ringwall.reach.engine.whole import Whole, complete
from ringwall.report import reach

QUESTIONS: Final = 1_000_000
EXPLAINED: Final = 20
EDITS: Final = 3
_TCP: Final = 6
_PORTS: Final = (22, 53, 80, 443, 5432, 8080, 9090)
_SEED: Final = 7

STAGES: "dict[str, Callable[[Path, Path], Cost]]" = {}
Stage = Callable[[Path, Path], Cost]


def _stage(work: Stage) -> Stage:
    STAGES[work.__name__.strip("_").replace("_", "-")] = work
    return work


# --- from bytes to facts -------------------------------------------------------------------------


@_stage
def _decode(world: Path, _: Path) -> Cost:
    gc.disable()
    typed = Typed(world)
    found = best(typed.decode)
    note = f"{typed.size / 1e6:.1f} MB in {len(typed)} files"
    return found._replace(peak_mb=peak_mb(), note=note)


@_stage
def _load(world: Path, kept: Path) -> Cost:
    with timed() as timer:
        facts, _ = tree.read([str(world)])
    peak = peak_mb()
    kept.write_bytes(pickle.dumps(facts, pickle.HIGHEST_PROTOCOL))
    return Cost(timer.cpu, timer.wall, peak, f"{len(facts):,} facts")


def _facts(kept: Path) -> Facts:
    with kept.open("rb") as file:
        facts: Facts = pickle.load(file)  # noqa: S301 - the stage before wrote it
    gc.collect()
    forget_peak()
    return facts


# --- from facts to the relation ------------------------------------------------------------------


@_stage
def _model(_: Path, kept: Path) -> Cost:
    facts = _facts(kept)
    with timed() as timer:
        model = build(facts)
    return _cost(timer, f"{len(model.workloads.pods):,} pods, {len(model.atoms)} atoms")


@_stage
def _relation(_: Path, kept: Path) -> Cost:
    facts = _facts(kept)
    with timed() as timer:
        engine, found = _complete(build(facts))
    peak = peak_mb()
    with timed() as checking:
        digest = _digest(engine)
    note = (
        f"{found.classes:,} classes, {found.gates:,} gates x {found.peers:,} peers, "
        f"{found.parties:,} parties; digest {digest} ({checking.cpu:.2f} s)"
    )
    return Cost(timer.cpu, timer.wall, peak, note)


@_stage
def _relation_gc_off(_: Path, kept: Path) -> Cost:
    facts = _facts(kept)
    gc.disable()
    with timed() as timer:
        kept_alive = _complete(build(facts))
    del kept_alive
    return _cost(timer)


def _complete(model: Model) -> tuple[Engine, Whole]:
    engine = Engine(model)
    return engine, complete(engine)


def _digest(engine: Engine) -> str:
    """Of every row of both kinds of gates: equal facts must give equal ones, and whatever was not
    worked out would have to be now, so its time is told."""
    columns, policies = engine.classes.columns, engine.model.policies
    digest = hashlib.blake2b(digest_size=6)
    peers = np.unique(columns.peer)
    for gate in np.unique((columns.egress, columns.ingress)).tolist():
        if gate > 0:
            digest.update(policies.egress_row(gate).ids(peers).tobytes())
    for party in np.unique(columns.fabric[columns.fabric >= 0]).tolist():
        digest.update(engine.model.fabric.row(party).tobytes())
    return digest.hexdigest()


# --- questions -----------------------------------------------------------------------------------


@_stage
def _audit(_: Path, kept: Path) -> Cost:
    facts = _facts(kept)
    with timed() as timer:
        found = pipeline.audit(pipeline.Reading(facts, {}))
    return _cost(timer, f"{len(found.findings)} findings")


@_stage
def _explain(_: Path, kept: Path) -> Cost:
    """Of some questions the median, and the worst in the note; a first one has loaded all."""
    net, draw = Net(_facts(kept)), random.Random(_SEED)  # noqa: S311
    pods = [key.name for key, pod in net.facts.of(k8s.Pod) if pod.status.phase == "Running"]
    ends = [f"{name}[Pod]" for name in draw.sample(pods, min(len(pods), 2 * EXPLAINED + 2))]
    ends[-2:] = [ends[0], "internet"]
    found = []
    for src, dst in zip(ends[::2], ends[1::2], strict=True):
        with timed() as timer:
            net.explain(src, dst, "tcp/443")
        found.append(timer)
    later = found[1:]
    wall = statistics.median(one.wall for one in later)
    note = (
        f"median of {len(later)}, the worst {max(one.wall for one in later) * 1000:.0f} ms, "
        f"the first {found[0].wall:.1f} s"
    )
    return Cost(statistics.median(one.cpu for one in later), wall, peak_mb(), note)


@_stage
def _many(_: Path, kept: Path) -> Cost:
    """A million questions between addresses that were read and, of a tenth, any other."""
    model = build(_facts(kept))
    engine, draw = Engine(model), np.random.default_rng(_SEED)
    kinds = ("pod", "node", "interface")
    held = np.array(
        [one.address for one in model.attachments if one.family == 4 and one.kind in kinds],
        dtype=np.uint32,
    )
    src, dst = draw.choice(held, QUESTIONS), draw.choice(held, QUESTIONS)
    others = QUESTIONS // 10
    src[:others] = draw.integers(1 << 24, 220 << 24, others).astype(np.uint32)
    ports = draw.choice(np.array(_PORTS), QUESTIONS)
    forget_peak()
    with timed() as timer:
        found = decide_many(engine, src, dst, _TCP, ports)
    blocked, unknown, allowed = np.bincount(found.verdict, minlength=3).tolist()
    told = f"{int(found.row.max()) + 1:,} distinct; {allowed:,} allowed"
    return _cost(timer, f"{told}, {unknown:,} unknown, {blocked:,} blocked")


@_stage
def _rows(_: Path, kept: Path) -> Cost:
    """What ``ringwall reach --format csv`` does once the input is read."""
    facts = _facts(kept)
    with timed() as timer:
        found = Net(facts).rows()
        size = sum(map(len, reach.csv_pieces(found)))
    return _cost(timer, f"{found.count:,} rows, {size / 1e6:.0f} MB")


# --- edits ---------------------------------------------------------------------------------------


@_stage
def _edit_policy(_: Path, kept: Path) -> Cost:
    return _edited(_facts(kept), _policies)


@_stage
def _edit_group(_: Path, kept: Path) -> Cost:
    return _edited(_facts(kept), lambda facts: _rules(facts, _by_use(facts)[1 : EDITS + 1]))


@_stage
def _edit_group_of_all(_: Path, kept: Path) -> Cost:
    return _edited(_facts(kept), lambda facts: _rules(facts, _by_use(facts)[:1] * EDITS))


def _edited(facts: Facts, changes: Callable[[Facts], Iterator[Delta]]) -> Cost:
    """The costliest of some edits of one model, each to a complete relation again, where each is
    tried a few times; the note is what the relation cost in this process."""
    with timed() as cold:
        engine, _ = _complete(build(facts))
    found = []
    for delta in changes(facts):
        edit = partial(_rebuilt, engine.model, delta)
        found.append(best(edit, at_most=EDITS))
    worst = max(found, key=lambda one: one.cpu)
    return worst._replace(peak_mb=peak_mb(), note=str(cold.cpu))


def _rebuilt(model: Model, delta: Delta) -> Whole:
    return _complete(model.rebuild(delta))[1]


@_stage
def _what_if(_: Path, kept: Path) -> Cost:
    """The costliest of some questions what the world were without a policy, the first of them to a
    relation that was never asked anything; the note is what the relation cost in this process."""
    facts = _facts(kept)
    with timed() as cold:
        engine = _complete(build(facts))[0]
    net = Net(facts, Relation(engine))
    keys = [key for key, _ in facts.of(k8s.NetworkPolicy)]
    found = []
    for key in random.Random(_SEED).sample(keys, EDITS):  # noqa: S311
        with timed() as timer:
            net.diff(net.with_change({key: (facts[key], None)}))
        found.append(timer)
    worst = max(found, key=lambda one: one.cpu)
    return Cost(worst.cpu, worst.wall, peak_mb(), str(cold.cpu))


def _policies(facts: Facts) -> Iterator[Delta]:
    """Another port in the first rule of a policy, known or new to the world; a policy deleted."""
    keys = [key for key, body in facts.of(k8s.NetworkPolicy) if body.spec.ingress]
    draw = random.Random(_SEED)  # noqa: S311
    *edited, deleted = draw.sample(keys, 3)
    for key, port in zip(edited, (443, 4711), strict=True):
        old = facts[key]
        assert isinstance(old.body, k8s.NetworkPolicy)  # noqa: S101
        spec = old.body.spec
        first, *others = spec.ingress or ()
        first = structs.replace(first, ports=(k8s.PolicyPort("TCP", port),))
        spec = structs.replace(spec, ingress=(first, *others))
        yield {key: (old, structs.replace(old, body=structs.replace(old.body, spec=spec)))}
    yield {deleted: (facts[deleted], None)}


def _rules(facts: Facts, groups: list[str]) -> Iterator[Delta]:
    """One more rule in each group, for a block that no other rule names; the last on a port that is
    new to the world."""
    scope, origins = next((key.scope, facts[key].origins) for key, _ in facts.of(aws.SecurityGroup))
    for i, group in enumerate(groups):
        port = 4711 if i == len(groups) - 1 else 443
        rule = aws.SecurityGroupRule(group, "ingress", "tcp", port, port, f"10.77.{i}.0/24")
        key = Key(scope, "sgrule", f"{group}:{rule.text}")
        yield {key: (facts.get(key), Fact(key, rule, origins))}


def _by_use(facts: Facts) -> list[str]:
    """Groups, those of most interfaces first."""
    uses = Counter(
        group.group_id for _, face in facts.of(aws.NetworkInterface) for group in face.groups or ()
    )
    return [name for name, _ in uses.most_common()]


def _cost(timer: Timer, note: str = "") -> Cost:
    return Cost(timer.cpu, timer.wall, peak_mb(), note)


if __name__ == "__main__":
    stage, *paths = sys.argv[1:]
    report(STAGES[stage](*map(Path, paths)))
