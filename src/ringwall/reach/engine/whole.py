"""The complete relation, in the factored form in which any pair is two lookups away."""

from typing import NamedTuple

import numpy as np

from ringwall.model.network import Judged, Model
from ringwall.reach.engine.compose import Engine


class Whole(NamedTuple):
    """How large the factors are: classes of attachments, policy gates and what they tell apart,
    and what the network tells apart."""

    attachments: int
    classes: int
    gates: int
    peers: int
    parties: int


def complete(engine: Engine) -> Whole:
    """Works out what every policy gate admits of every peer, and what the network lets pass
    between any two parties, of all attachments that were read. (On one node the network stands
    between few, which are judged as they are met.)

    After a change only what is new is worked out.
    """
    listed = engine.classes.listed()
    columns = engine.classes.columns
    peers = frozenset(np.unique(columns.peer).tolist())
    gates = frozenset(np.unique((columns.egress, columns.ingress)).tolist()) - {-1, 0}
    _judge(engine.model, gates, peers)
    parties = np.unique(columns.fabric[columns.fabric >= 0])
    for party in parties.tolist():
        engine.model.fabric.row(party)
    return Whole(len(listed), len(engine.classes), len(gates), len(peers), len(parties))


def _judge(model: Model, gates: frozenset[int], peers: frozenset[int]) -> None:
    """What policy gates admit of peers."""
    known = model.judged
    new, everyone = np.array(sorted(peers - known.peers)), np.array(sorted(peers))
    for gate in sorted(gates):
        asked = new if gate in known.gates else everyone
        if len(asked):
            model.policies.egress_row(gate).ids(asked)
    model.judged = Judged(gates, peers)
