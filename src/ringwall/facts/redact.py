"""Redaction: facts and snapshots in which stand-ins take the place of what is private.

Each type of fact marks its private texts (:mod:`ringwall.facts.words`). Such a text is cut at its
separators; of its words only those of the published vocabulary stay
(:mod:`ringwall.facts.vocabulary`), every other one gets its stand-in
(:mod:`ringwall.facts.standins`), the same wherever it stands. So what was equal stays equal, what
was different stays different, blocks hold what they held, and what is asked of redacted facts has
the answers that it had.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from itertools import groupby
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    NamedTuple,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from msgspec import Struct
from msgspec.structs import replace

from ringwall.facts import aws
from ringwall.facts.fact import Fact, Facts, Key
from ringwall.facts.snapshot import Snapshot
from ringwall.facts.standins import DIGITS, HEX, StandIns
from ringwall.facts.vocabulary import MARKS, PUBLISHED, SENTENCES, fields
from ringwall.facts.words import PRIVATE

S = TypeVar("S", bound=Struct)

_PIECES: Final = re.compile(
    r"""(?P<four>(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?(?![\w-]|\.\w)
        |(?<![\w.-])\d{1,3}(?:\.\d{1,3}){1,2}\.?(?=[*?]))
    |(?P<six>(?<![\w:.-])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(?:/\d{1,3})?(?![\w-]))
    |(?P<own>(?<![\w.:-])(?:eks|system)(?!:(?:serviceaccounts?|node|bootstrap):)(?::[a-z][a-z0-9-]*)+)
    |(?P<word>[^\s/:!,=\[\](){}"'\#@*?|;&<>+%$^~\\`.…]+)
    |(?P<space>[\ \t]+)
    |(?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)
_KEPT: Final = re.compile(
    r"""[\W_]+ | v\d{1,3}(?:(?:alpha|beta)\d{1,3})? | \d{1,5}(?:-\d{1,5})? | x+
    | \d{4}-\d\d-\d\d(?:T\d\d)? | \d\d(?:Z|\.\d+Z) | \d{1,3}-eksbuild | minimal
    | (?:af|ap|ca|cn|eu|il|me|mx|sa|us)(?:-gov|-iso[a-f]?)?
      -(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-\d
      (?:[a-f]|-[a-z]{3}-\d[a-f]?)?""",
    re.VERBOSE,
)
"""What says nothing by its form: ports, versions, dates, regions and zones."""
_IDS: Final = (
    "acl|arn|asg|cgw|dopt|eigw|eipalloc|eipassoc|eni|eni-attach|fl|i|igw|lc|lgw|lt|nat|pcx|pl|rtb|"
    "rtbassoc|sg|sgr|subnet|tgw|tgw-attach|vgw|vpc|vpce|vpce-svc"
)
_INSIDE: Final = re.compile(
    rf"""(?P<four>(?<![0-9])\d{{1,3}}(?:-\d{{1,3}}){{3}}(?![0-9]))
    |(?P<uuid>(?<![0-9a-z])[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}(?![0-9a-z]))
    |(?<![0-9a-z])(?P<kind>(?:{_IDS})-)(?P<hex>[0-9a-f]{{8}}(?:[0-9a-f]{{9}})?)(?![0-9a-z])""",
    re.VERBOSE,
)
_ID: Final = re.compile(rf"((?:{_IDS})-)(.+)", re.DOTALL)
_NUMBER: Final = re.compile(r"[0-9]+")
_HASH: Final = re.compile(r"(?=.*[2-9])[bcdfghjklmnpqrstvwxz2456789]{4,10}|[bcdf]{8,10}")
_QUOTED: Final = re.compile(
    r"""(`[^`]*`|"[^"]*"|(?<!\w)'[^']*'(?!\w)|\S*[/!\#@=\[\\]\S*|\S*\w\.\w\S*)"""
)
"""What a message quotes: in quotes, or by its form (a file, an id)."""
_SMALL: Final = 5  # so many digits are a port or a count


class Redactor:
    """Replaces what is private, by the stand-ins of one key."""

    def __init__(self, key: bytes) -> None:
        self._standins = StandIns(key)
        self._texts: dict[str, str] = {}
        self._sentences: dict[str, str] = {}
        self._ports: dict[str, str] = {}
        self._originals: dict[str, str] = {}
        self._walk = _Walk(
            {
                **dict.fromkeys(("account", "name", "id", "arn", "address", "text"), self.text),
                "setting": self.text,
                "sentence": self.sentence,
                "pointer": self.pointer,
                "port": self.port_name,
            },
            self.key,
        )

    def snapshot(self, snapshot: Snapshot) -> Snapshot:
        """A snapshot without what is private. Its readings lose their digests, which would let
        what was read be found by trying."""
        self._hold(one.body for one in snapshot.told)
        bare = replace(snapshot, made=tuple(replace(one, digest="") for one in snapshot.made))
        return self.struct(bare)

    def facts(self, facts: Facts) -> Facts:
        """Facts without what is private."""
        self._hold(fact.body for fact in facts.values())
        return Facts(
            map(self._fact, facts.values()),
            map(self.struct, facts.gaps),
            map(self.struct, facts.warnings),
            map(self.sentence, facts.assumes),
        )

    def _hold(self, bodies: Iterable[Struct | None]) -> None:
        """Remembers the blocks of VPCs and subnets before any address is replaced."""
        for body in bodies:
            if isinstance(body, aws.Vpc | aws.Subnet) and body.cidr_block:
                self._standins.hold(body.cidr_block)

    def _fact(self, fact: Fact) -> Fact:
        found = self.struct(fact)
        return replace(found, origins=tuple(sorted(found.origins)))

    def struct(self, value: S) -> S:
        """A fact, or anything made of facts, without what its types mark as private."""
        found: S = self._walk.struct(value)
        return found

    def key(self, key: Key) -> Key:
        """The key of a fact. That of a rule is made of four texts, the last of them an address."""
        parts = key.name.split(":", 3) if key.kind == "sgrule" else [key.name]
        name = ":".join(map(self.text, parts))
        return Key(self.text(key.scope), key.kind, name)

    def text(self, text: str) -> str:
        """A private text with stand-ins for all that is not published."""
        found = self._texts.get(text)
        if found is None:
            found = self._texts[text] = self._cut(text, PUBLISHED)
        return found

    def sentence(self, text: str) -> str:
        """A message of a reader: what it quotes is a private text, of the rest its own words stay,
        too."""
        found = self._sentences.get(text)
        if found is None:
            parts = _QUOTED.split(text)
            parts[::2] = [self._cut(part, _in_sentences()) for part in parts[::2]]
            parts[1::2] = map(self._quoted, parts[1::2])
            found = self._sentences[text] = "".join(parts)
        return found

    def pointer(self, text: str) -> str:
        """A JSON pointer, which may go through names."""
        return self._cut(text, _in_pointers())

    def _quoted(self, text: str) -> str:
        """What a message quotes: a name, a file with a pointer into it, or the path of a field."""
        if text.startswith("`$"):
            return self.pointer(text)
        file, mark, pointer = text.partition("#/")
        return self._cut(file, _in_quotes()) + self.pointer(mark + pointer)

    def port_name(self, text: str) -> str:
        """The name of a port: at most fifteen characters, so it is not cut."""
        if not text or text.lower() in PUBLISHED or _KEPT.fullmatch(text):
            return text
        found = self._ports[text] = self._ports.get(text) or self._standins.port_name(text)
        self._originals[found] = text
        return found

    def original(self, text: str) -> str:
        """A text of which stand-ins are a part as it was, where it was given out by this one."""
        return _PIECES.sub(lambda piece: self._originals.get(piece[0], piece[0]), text)

    def _cut(self, text: str, kept: frozenset[str]) -> str:
        """The pieces of a text, each as it stays or becomes. Words that are names, with nothing but
        spaces between them, are one name."""
        pieces = [(str(piece.lastgroup), piece[0]) for piece in _PIECES.finditer(text)]
        new = [self._piece(kind, said, kept) for kind, said in pieces]
        for i in range(1, len(pieces) - 1):
            if pieces[i][0] == "space" and new[i - 1] is None and new[i + 1] is None:
                new[i] = None
        found = []
        for named, group in groupby(range(len(pieces)), lambda i: new[i] is None):
            places = list(group)
            if named:
                name = "".join(pieces[i][1] for i in places)
                found.append(self._noted(name, self._standins.name(name)))
            else:
                found += [self._noted(pieces[i][1], new[i] or "") for i in places]
        return "".join(found)

    def _piece(self, kind: str, said: str, kept: frozenset[str]) -> str | None:
        """One piece as it stays or becomes; None for a word that is a name from its first letter
        to its last."""
        if kind == "word":
            return self._word(said, kept)
        if kind not in ("four", "six"):
            return said
        try:
            return self._standins.address(said)
        except ValueError:  # looks like one, and is as private as one
            parts = re.split(r"([:./])", said)
            return "".join(self._odd(part) if part.isalnum() else part for part in parts)

    def _odd(self, part: str) -> str:
        """A part of what looks like an address and is none."""
        return self._noted(part, self._standins.name(part))

    def _noted(self, said: str, new: str) -> str:
        if new != said:
            self._originals[new] = said
        return new

    # --- words ------------------------------------------------------------------------------------

    def _word(self, word: str, kept: frozenset[str]) -> str | None:
        """A word as it stays or becomes; None for a name."""
        if word.lower() in kept or _KEPT.fullmatch(word):
            return word
        if _NUMBER.fullmatch(word):
            return self._standins.code(word, DIGITS)
        if inside := list(_INSIDE.finditer(word)):
            return self._around(word, inside, kept)
        if named := _ID.fullmatch(word):
            return named[1] + self._segments(named[2], kept)
        new = self._segments(word, kept)
        return None if new == self._standins.name(word) else new

    def _around(self, word: str, inside: list[re.Match[str]], kept: frozenset[str]) -> str:
        """A word that holds ids or addresses."""
        found, end = "", 0
        for match in inside:
            found += self._segments(word[end : match.start()], kept) + self._id(match)
            end = match.end()
        return found + self._segments(word[end:], kept)

    def _id(self, match: re.Match[str]) -> str:
        if match["hex"]:
            return str(match["kind"]) + self._standins.code(match["hex"], HEX)
        if match["uuid"]:
            codes = iter(self._standins.code(match["uuid"].replace("-", ""), HEX))
            return "".join("-" if c == "-" else next(codes) for c in match["uuid"])
        try:
            return self._standins.address(match["four"].replace("-", ".")).replace(".", "-")
        except ValueError:
            return self._standins.name(match["four"])

    def _segments(self, word: str, kept: frozenset[str]) -> str:
        """A word by its parts between hyphens: generated hashes and small numbers at its end, and
        the words that mark it, get their own; what is between them is one name."""
        parts = re.split(r"([-_])", word)
        found: list[str] = []
        start = 0
        for i in range(0, len(parts), 2):
            own = self._segment(parts[i], first=i == 0)
            if own is None:
                continue
            found += [*self._stem(parts[start:i], kept), own]
            found += parts[i + 1 : i + 2]
            start = i + 2
        return "".join([*found, *self._stem(parts[start:], kept)])

    def _stem(self, parts: list[str], kept: frozenset[str]) -> list[str]:
        if not parts:
            return []
        ends = [parts.pop()] if len(parts) % 2 == 0 else []  # a separator before what has its own
        stem = "".join(parts)
        return [stem if stem.lower() in kept else self._standins.name(stem), *ends]

    def _segment(self, part: str, *, first: bool) -> str | None:
        """What stands for a part by itself; None for a part of a name."""
        if not part or part.lower() in MARKS:
            return part
        if _NUMBER.fullmatch(part):
            short = len(part) <= _SMALL
            return part if short and not first else self._standins.code(part, DIGITS)
        return self._standins.hash(part) if _HASH.fullmatch(part) else None


class Redaction(NamedTuple):
    """How facts were redacted, and what they were before."""

    redactor: Redactor
    facts: Facts


class _Walk:
    """Goes through facts by their types, and replaces the texts that are marked.

    ``by_mark``: what replaces a text, by its mark.
    """

    def __init__(self, by_mark: dict[str, Callable[[str], str]], key: Callable[[Key], Key]) -> None:
        self._by_mark, self._key = by_mark, key
        self._structs: dict[type[Struct], dict[str, Callable[[Any], Any]]] = {}

    def struct(self, value: Any) -> Any:
        """A struct of any type."""
        kind = type(value)
        if kind not in self._structs:
            hints = get_type_hints(kind, include_extras=True)
            wanted = {name: self._of(hint) for name, hint in hints.items()}
            known = set(kind.__struct_fields__)
            self._structs[kind] = {n: f for n, f in wanted.items() if f is not None and n in known}
        changed = {}
        for name, change in self._structs[kind].items():
            old = getattr(value, name)
            if old is not None and old != () and old != "":
                changed[name] = change(old)
        return replace(value, **changed) if changed else value

    def _of(self, hint: Any) -> Callable[[Any], Any] | None:
        """What replaces a value of a type; None where nothing in it is private."""
        if hint is Key:
            return self._key
        origin, args = get_origin(hint), get_args(hint)
        if origin is Annotated:
            mark = next((e.extra[PRIVATE] for e in args[1:] if PRIVATE in (e.extra or {})), None)
            return self._by_mark[mark] if mark else None
        if origin in (Union, UnionType):
            return self._one_of([one for one in args if one is not NoneType])
        if origin is tuple:
            return self._tuple(args)
        if origin is dict:
            return self._dict(*map(self._of, args))
        return self.struct if isinstance(hint, type) and issubclass(hint, Struct) else None

    def _one_of(self, hints: list[Any]) -> Callable[[Any], Any] | None:
        """A text or a number: only texts are private."""
        changes = [change for change in map(self._of, hints) if change is not None]
        if not changes:
            return None
        (change,) = changes
        if len(hints) == 1:
            return change
        return lambda value: change(value) if isinstance(value, str) else value

    def _tuple(self, args: tuple[Any, ...]) -> Callable[[Any], Any] | None:
        if len(args) == 2 and args[1] is Ellipsis:
            change = self._of(args[0])
            return None if change is None else lambda value: tuple(map(change, value))
        changes = list(map(self._of, args))
        if not any(changes):
            return None
        return lambda value: tuple(c(v) if c else v for c, v in zip(changes, value, strict=True))

    def _dict(
        self, key: Callable[[Any], Any] | None, value: Callable[[Any], Any] | None
    ) -> Callable[[Any], Any] | None:
        if not (key or value):
            return None
        return lambda found: {
            key(k) if key else k: value(v) if value else v for k, v in found.items()
        }


@cache
def _in_pointers() -> frozenset[str]:
    return PUBLISHED | {field.lower() for field in fields()}


@cache
def _in_quotes() -> frozenset[str]:
    """A field of several words is no name; one of a single word may be."""
    several = (field.lower() for field in fields() if field[1:].lower() != field[1:])
    return PUBLISHED.union(several)


@cache
def _in_sentences() -> frozenset[str]:
    return _in_pointers() | SENTENCES
