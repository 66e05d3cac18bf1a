"""One object as its source gave it, where it came from, and the map of all of them."""

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias, TypeVar, cast

from msgspec import Struct

from ringwall.facts.words import Name, Pointer, Sentence, Word


class Key(NamedTuple):
    """What names a fact: the same object read twice has the same key.

    ``scope`` is the cluster (Kubernetes) or ``ACCOUNT:REGION`` (AWS) where the source states it,
    else empty; ``kind`` is lower-case (``networkpolicy``, ``sg``); ``name`` is ``ns/name``, a name
    without namespace, or an AWS id.
    """

    scope: str
    kind: str
    name: str

    def __str__(self) -> str:
        bare = self.name if self.kind in _NAMED_BY_ID else f"{self.kind}/{self.name}"
        return f"{self.scope}!{bare}" if self.scope else bare


# AWS ids carry their kind.
_NAMED_BY_ID = frozenset(
    "vpc subnet rtb igw eigw nat pcx vpce acl sg sgrule pl eni i lt fl".split()
)


class Origin(Struct, frozen=True, order=True, omit_defaults=True):
    """Where a fact was read, and the chain behind that.

    ``line`` is the first line of a YAML document (from 1; 0 where lines mean nothing), ``pointer``
    the JSON pointer of the object inside its file or document. ``via`` goes on outwards: the API
    call that gave the answer, then Helm release, Argo application or other tool that made the
    object. ``parts`` are the lines of those parts of the object that an answer may name, by their
    JSON pointer inside the object, where lines mean something.
    """

    file: Name
    line: int = 0
    pointer: Pointer = ""
    via: tuple[Sentence, ...] = ()
    parts: tuple[tuple[Word, int], ...] = ()

    def __str__(self) -> str:
        if self.line:
            return f"{self.file}:{self.line}"
        return f"{self.file}#{self.pointer}" if self.pointer else self.file


class Gap(Struct, frozen=True, order=True, omit_defaults=True):
    """Something that the input has and that could not be read, or should have and does not.

    ``effect`` says what it moves: ``policy`` (the policy gate of every pod it may select),
    ``traffic`` (a way into the pods it may select), ``fabric`` (AWS paths), ``input`` (a file or
    an object of another kind). ``needs`` says what would settle it.

    Codes, and what ``object`` names: ``unreadable-file`` (the file), ``invalid-object`` (in AWS
    answers the top-level key and the object's id or place; in manifests ``kind/namespace/name``),
    ``kind-not-read`` (the same; the key and file), ``call-denied`` and ``call-failed`` (the API
    call, where known, and the file), ``rules-not-read`` (a security group, as its fact's key),
    ``prefix-list-unnamed`` (the file of entries), ``further-pages`` (the top-level key).

    ``kind`` is the top-level key of the AWS answer (``NetworkInterfaces``, ``RouteTables``) where
    it is known: after ``invalid-object``, ``further-pages``, ``call-denied`` and ``call-failed``
    the list of that kind is incomplete. ``Reservations`` count as ``Instances``, and
    ``ManagedPrefixLists`` and ``Entries`` as ``PrefixLists``.
    """

    code: Word
    effect: Word
    object: Name
    needs: Sentence
    scope: Name = ""
    namespace: Name = ""
    origin: Origin | None = None
    kind: Word = ""


UNREADABLE: Final = "unreadable-file"
"""The code of a gap that is a whole file, or a document in one: it counts as a failure."""

INCOMPLETE: Final = frozenset(
    "unreadable-file invalid-object call-denied call-failed rules-not-read further-pages".split()
)
"""The codes of gaps after which something may be there that was not read."""


class Oddity(Struct, frozen=True, order=True):
    """Something odd in the input that did not stop anything: one sentence and its place."""

    message: Sentence
    origin: Origin


B = TypeVar("B", bound=Struct)


class Fact(Struct, frozen=True):
    """One object: its key, its body in the source's words, and everywhere it was read."""

    key: Key
    body: Struct
    origins: tuple[Origin, ...]


Delta: TypeAlias = dict[Key, tuple[Fact | None, Fact | None]]
"""A change of facts: key → (the fact before, the fact after), ``None`` where there is none."""


def inverse(delta: Delta) -> Delta:
    """The change that takes ``delta`` back."""
    return {key: (new, old) for key, (old, new) in delta.items()}


class Facts(Mapping[Key, Fact]):
    """A map key → fact, ordered by key, with what could not be read beside it."""

    def __init__(
        self,
        facts: Iterable[Fact] = (),
        gaps: Iterable[Gap] = (),
        warnings: Iterable[Oddity] = (),
        assumes: Iterable[str] = (),
    ) -> None:
        self._facts = {fact.key: fact for fact in sorted(facts, key=lambda fact: fact.key)}
        self._order: list[Key] | None = None  # of the keys, where it is not that of ``_facts``
        self._by_type: dict[type[Struct], dict[Key, Struct]] | None = None
        self.gaps = tuple(sorted(set(gaps), key=str))
        self.warnings = tuple(sorted(set(warnings), key=str))
        self.assumes = tuple(sorted(set(assumes)))

    @property
    def failed(self) -> bool:
        """Whether a file, or a document in one, could not be read at all."""
        return any(gap.code == UNREADABLE for gap in self.gaps)

    def __getitem__(self, key: Key) -> Fact:
        return self._facts[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._facts if self._order is None else self._order)

    def __len__(self) -> int:
        return len(self._facts)

    def of(self, kind: type[B]) -> Iterator[tuple[Key, B]]:
        """Key and body of every fact whose body is a ``kind``, in key order."""
        found = [bodies for type_, bodies in self._typed().items() if issubclass(type_, kind)]
        if len(found) == 1:
            yield from cast("dict[Key, B]", found[0]).items()
        else:
            merged = (item for bodies in found for item in bodies.items())
            yield from cast("list[tuple[Key, B]]", sorted(merged, key=lambda item: item[0]))

    def types(self) -> Iterator[type[Struct]]:
        """The types of bodies that there are."""
        return iter(self._typed())

    def apply(self, delta: Delta) -> "Facts":
        """These facts with a change; everything beside them stays as it is.

        Raises ValueError if the change does not start from these facts.
        """
        for key, (old, new) in delta.items():
            if self._facts.get(key) != old or (new is not None and new.key != key):
                raise ValueError(f"the change of `{key}` does not start from these facts")
        changed = Facts()
        changed.gaps, changed.warnings, changed.assumes = self.gaps, self.warnings, self.assumes
        changed._facts = self._facts.copy()
        for key, (_, new) in delta.items():
            if new is None:
                changed._facts.pop(key, None)
            else:
                changed._facts[key] = new
        changed._order = self._changed_order(delta)
        changed._by_type = self._changed_types(delta)
        return changed

    def _changed_order(self, delta: Delta) -> list[Key] | None:
        """Key order after a change: only what comes or goes is moved."""
        gone = {key for key, (_, new) in delta.items() if new is None}
        come = [key for key, (old, new) in delta.items() if old is None and new is not None]
        if not come and (not gone or self._order is None):
            return self._order
        order = [key for key in self if key not in gone] if gone else list(self)
        for key in come:
            insort(order, key)
        return order

    def _typed(self) -> dict[type[Struct], dict[Key, Struct]]:
        """The bodies by type, each in key order."""
        if self._by_type is None:
            self._by_type = {}
            for key in self:
                body = self._facts[key].body
                self._by_type.setdefault(type(body), {})[key] = body
        return self._by_type

    def _changed_types(self, delta: Delta) -> dict[type[Struct], dict[Key, Struct]]:
        typed = dict(self._typed())
        pairs = [(key, fact) for key, facts in delta.items() for fact in facts if fact is not None]
        for type_ in {type(fact.body) for _, fact in pairs}:
            bodies = {key: body for key, body in typed.get(type_, {}).items() if key not in delta}
            for key, (_, new) in delta.items():
                if new is not None and type(new.body) is type_:
                    bodies[key] = new.body
            typed[type_] = dict(sorted(bodies.items(), key=lambda item: item[0]))
        return typed
