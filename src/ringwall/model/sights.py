"""The peer classes of many attachments at once: whose they are, and where they are."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ringwall.model.attachments import Attachment
from ringwall.model.peers import Blocks, Ints, Peers


class Listed(NamedTuple):
    """A list of attachments, with what classes hang on as arrays: pods by number, IPv4 addresses
    (0 for none), and which have none."""

    attachments: Sequence[Attachment]
    pod: Ints
    ipv4: NDArray[np.uint32]
    others: tuple[int, ...]


class _Seen(NamedTuple):
    """The peer classes of a list, and what they hang on."""

    listed: Listed
    blocks: Blocks
    identities: Ints
    peer: Ints


class Sights:
    """Finds peer classes; those of the longest list are kept for when it comes again."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self._listed: Listed | None = None
        self._seen: _Seen | None = None

    def twin(self) -> "Sights":
        """The same, with a memory of its own."""
        new = Sights(self._peers)
        new._listed, new._seen = self._listed, self._seen
        return new

    def listed(self, attachments: Sequence[Attachment]) -> Listed:
        """The columns of a list."""
        kept = self._listed
        if kept and kept.attachments is attachments and len(kept.pod) == len(attachments):
            return kept
        family = np.array([one.family for one in attachments], np.int32)
        ipv4 = [one.address if one.family == 4 else 0 for one in attachments]
        listed = Listed(
            attachments,
            np.array([one.pod for one in attachments], np.int32),
            np.array(ipv4, np.uint32),
            tuple(np.flatnonzero(family != 4).tolist()),
        )
        if kept is None or len(attachments) > len(kept.pod):
            self._listed = listed
        return listed

    def peers(self, listed: Listed, identities: Ints, blocks: Blocks) -> Ints:
        """The peer class of each in a list, whose identities these are."""
        known = self._seen
        if known and known.listed is listed and known.blocks is blocks:
            peer = self._changed(known, identities)
        else:
            peer = self._at(identities, _spots(listed, blocks))
        if listed is self._listed:
            self._seen = _Seen(listed, blocks, identities, peer)
        return peer

    def _changed(self, known: _Seen, identities: Ints) -> Ints:
        """The same of a list that was seen, where some identities may be others now."""
        some = np.flatnonzero(identities != known.identities)
        if not some.size:
            return known.peer
        spots = self._peers.parts()[1][known.peer[some]]
        peer = known.peer.copy()
        peer[some] = self._at(identities[some], spots)
        return peer

    def _at(self, identities: Ints, spots: Ints) -> Ints:
        """The peer classes of identities at spots."""
        width = len(self._peers.spots)
        codes, back = np.unique(identities.astype(np.int64) * width + spots, return_inverse=True)
        numbers = [self._peers.peer(*divmod(code, width)) for code in codes.tolist()]
        found: Ints = np.array(numbers, np.int32)[back.reshape(identities.shape)]
        return found


def _spots(listed: Listed, blocks: Blocks) -> Ints:
    spots = blocks.spots_at(listed.ipv4)
    for i in listed.others:
        spots[i] = _odd_spot(listed.attachments[i], blocks)
    return spots


def _odd_spot(one: Attachment, blocks: Blocks) -> int:
    """The spot of an IPv6 address, or of one that the input does not tell."""
    if one.family == 6:
        return blocks.spot_at(6, one.address)
    return blocks.unread if one.pod >= 0 else blocks.anywhere
