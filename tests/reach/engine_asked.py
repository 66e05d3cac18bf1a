"""Questions to the engine alone, by the ids of attachments."""

from collections.abc import Iterator, Mapping
from itertools import product

from ringwall.facts.fact import Facts
from ringwall.model.attachments import Attachment
from ringwall.model.network import Model, build
from ringwall.reach.engine.compose import Engine
from ringwall.reach.engine.ways import Outcome
from ringwall.space.services import ServiceSet
from tests.support import facts_of

Told = tuple[ServiceSet, ...]
"""An outcome without its atoms: what surely and perhaps passes, and the four replies."""


class Asked:
    """One world that can be asked."""

    def __init__(self, files: str | Mapping[str, str] | Facts) -> None:
        facts = files if isinstance(files, Facts) else facts_of(files)
        self.engine = Engine(build(facts))
        self.model = self.engine.model

    def at(self, name: str) -> Attachment:
        """The first attachment of an id, or whoever holds an address."""
        found = self.model.holders.of(name)
        if found:
            return found[0]
        value = int.from_bytes(map(int, name.split(".")), "big")
        return self.engine.owner(4, value)[0]

    def outcome(self, src: str, dst: str, *, together: bool = False) -> Outcome:
        return self.engine.pair(self.at(src), self.at(dst), together=together)

    def verdict(self, src: str, dst: str, port: str, *, together: bool = False) -> str:
        return verdict(self.model, self.outcome(src, dst, together=together), port)

    def codes(self, src: str, dst: str, port: str, *, together: bool = False) -> set[str]:
        """The codes of the reasons why a service is not decided."""
        found = self.engine.reasons(
            self.at(src), self.at(dst), together=together, mask=atom(self.model, port)
        )
        return {one.code for one in found}


def atom(model: Model, port: str) -> int:
    """The atom of one service, as a mask."""
    return 1 << model.atoms.atom_of(*ServiceSet.parse(port).witness())


def verdict(model: Model, outcome: Outcome, port: str) -> str:
    asked = atom(model, port)
    if outcome.must & asked:
        return "allowed"
    return "unknown" if outcome.may & asked else "blocked"


def ends(engine: Engine) -> list[Attachment]:
    """Everything that has an address, and the addresses that nobody has by what is alike."""
    return [*engine.model.attachments, *(one for one, _ in engine.outside())]


def told(engine: Engine, outcome: Outcome) -> Told:
    """An outcome in words that do not hang on a model's atoms."""
    masks = (outcome.must, outcome.may, *outcome.reply)
    return tuple(engine.model.atoms.services(mask) for mask in masks)


def everything(engine: Engine) -> Iterator[tuple[Attachment, Attachment, bool, Outcome]]:
    """Every two ends in both placements."""
    found = ends(engine)
    for a, b, together in product(found, found, (False, True)):
        yield a, b, together, engine.pair(a, b, together=together)
