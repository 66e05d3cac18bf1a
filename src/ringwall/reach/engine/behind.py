"""What policies see of an end that the network changes: a sender whose address is translated, and
an API endpoint, which has the addresses that the ways to it lead to."""

from collections.abc import Sequence
from itertools import product

import numpy as np

from ringwall.reach.engine.traits import Joint, Pair
from ringwall.space.addresses import Addresses


def endpoints(joint: Joint, senders: Sequence[int]) -> None:
    """Numbers what the policies of some parties may see API endpoints as."""
    for key, sender in product(sorted(joint.apis), senders):
        party = joint.parties.items[sender]
        mine, theirs = (
            [way.far for way in side.engine.model.fabric.to_api(at, key)]
            for side, at in zip(joint.sides, party, strict=True)
        )
        for pair in product(mine, theirs):
            if pair[0] & pair[1]:
                joint.peers.bit(_peers(joint, pair))


def translated(joint: Joint, receivers: Sequence[int]) -> list[int]:
    """For each party the peers that some receivers may see it as behind a translation."""
    found = [0] * len(joint.parties.items)
    old, new = (side.engine.model.fabric for side in joint.sides)
    if not (old.present and new.present and receivers):
        return found
    there = np.array([joint.parties.items[one] for one in receivers], dtype=np.int64)
    known: dict[Pair, int] = {}
    for number, party in enumerate(joint.parties.items):
        if min(party) < 0:
            continue
        crossings = np.stack((old.row(party[0])[there[:, 0]], new.row(party[1])[there[:, 1]]))
        for pair in map(tuple, np.unique(crossings, axis=1).T.tolist()):
            if pair not in known:
                mine, theirs = old.crossing(pair[0]).source, new.crossing(pair[1]).source
                known[pair] = 0
                if mine is not None and theirs is not None:
                    known[pair] = joint.peers.bit(_peers(joint, (mine, theirs)))
            found[number] |= known[pair]
    return found


def _peers(joint: Joint, at: tuple[Addresses, Addresses]) -> Pair:
    old, new = (side.engine.model.policies for side in joint.sides)
    return old.peer_of(at[0]), new.peer_of(at[1])
