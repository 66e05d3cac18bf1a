"""The engine: what one attachment lets another have, over all ways, for any two attachments."""

import numpy as np
from numpy.typing import NDArray

from ringwall.model.attachments import Attachment
from ringwall.model.gate import Reason
from ringwall.model.network import Model
from ringwall.reach.engine.apis import Apis
from ringwall.reach.engine.classes import Classes
from ringwall.reach.engine.join import Join
from ringwall.reach.engine.places import Places
from ringwall.reach.engine.serving import Serving
from ringwall.reach.engine.ways import BLOCKED, Outcome
from ringwall.reach.engine.why import Admitting, Why
from ringwall.space.addresses import Addresses


class Engine:
    """Answers about a model. What is found for a pair of classes is remembered."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.classes = Classes(model)
        self.join = Join(model, self.classes)
        self._places = Places(model)
        self._serving = Serving(model, self.classes, self.join)
        self._apis = Apis(model, self.classes, self.join)
        self._why = Why(model, self.classes, self.join, self._serving, self._apis)

    def class_of(self, one: Attachment) -> int:
        """A number shared by attachments that are answered alike, as senders and as receivers, but
        for the nodes they are on; and towards a Service, but for being one of its pods."""
        return self.classes.of(one)

    def meet(self, a: Attachment, b: Attachment) -> bool:
        """Whether packets can go between two attachments at all, by their families."""
        return self._serving.meets(a, b)

    def pair(self, a: Attachment, b: Attachment, *, together: bool) -> Outcome:
        """What ``a`` can send to ``b`` by any way, if they are on one node or if not.

        Towards a Service ``together`` is said of its pods whose node, or the sender's, is not
        known; where both are known they decide. A Service sends nothing.
        """
        if a.kind == "service" or not self.meet(a, b):
            return BLOCKED
        if b.kind == "service":
            return self._serving.pair(a, b, together=together)
        if a.kind == "api":
            return self._apis.out(a, b, self.pair)
        if b.kind == "api":
            return self._apis.into(a, b)
        return self.join.pair(a, b, together=together)

    def reasons(
        self, a: Attachment, b: Attachment, *, together: bool, mask: int
    ) -> frozenset[Reason]:
        """Why services of ``mask`` may or may not pass."""
        return self._why.reasons(a, b, together=together, mask=mask)

    def rules(self, a: Attachment, b: Attachment, *, together: bool, mask: int) -> list[Admitting]:
        """Every rule that at least perhaps admits services of ``mask`` that pass, in order."""
        return self._why.rules(a, b, together=together, mask=mask)

    def owner(self, family: int, value: int, domain: str = "") -> list[Attachment]:
        """Who holds an address, in every routing domain; the address itself where nobody does."""
        return self._places.owner(family, value, domain)

    def knows(self, domain: str) -> bool:
        """Whether something that was read is the VPC or the cluster of that name."""
        return self._places.knows(domain)

    def alike(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers of IPv4 addresses: equal ones are nobody's and alike, in one place."""
        return self._places.alike(values)

    def outside(self) -> list[tuple[Attachment, Addresses]]:
        """The addresses that nobody holds and that are in no VPC, by class, public ones apart from
        others: one of each class, and all of it."""
        return self._places.outside()

    def attachments_in(self, where: Addresses) -> list[tuple[Attachment, Addresses]]:
        """Everything that has an address in a set: who holds one, each with his own, and by class
        what nobody holds."""
        return self._places.within(where)
