"""Redaction: facts and snapshots in which stand-ins take the place of what is private.

Each type of fact marks its private texts (:mod:`ringwall.facts.words`). Such a text is cut at its
separators; of its words only those of the published vocabulary stay
(:mod:`ringwall.facts.vocabulary`), every other one gets its stand-in
(:mod:`ringwall.facts.standins`), the same wherever it stands. So what was equal stays equal, what
was different stays different, blocks hold what they held, and what is asked of redacted facts has
the answers that it had.
"""

import re
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from typing import Final, NamedTuple, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from ringwall.facts import aws
from ringwall.facts.fact import Fact, Facts, Key
from ringwall.facts.snapshot import Snapshot
from ringwall.facts.standins import DIGITS, HEX, StandIns
from ringwall.facts.vocabulary import MARKS, PUBLISHED, SENTENCES, fields
from ringwall.facts.walk import Walk

S = TypeVar("S", bound=Struct)

_QUAD: Final = r"(?<!\d)(?<!\d[.])\d{1,3}(?:[._-]\d{1,3}){3}(?!\d)(?![.]\d)"
_ACCOUNT: Final = r"(?<![0-9a-z])\d{4}(?P<sep>[\ _-])\d{4}(?P=sep)\d{4}(?![0-9a-z])"
_SIX: Final = r"[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(?:/\d{1,3})?(?!\w)"
_RANGE: Final = rf"-(?=[0-9A-Fa-f:]*(?:::|(?:[0-9A-Fa-f]{{1,4}}:){{7}}))(?={_SIX})"
_PIECES: Final = re.compile(
    rf"""(?P<time>(?<!\d)\d{{4}}-\d\d-\d\d[Tt\ ]\d\d:\d\d
          (?::\d\d)?(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d)?)
    |(?P<account>{_ACCOUNT})
    |(?P<four>{_QUAD}(?:/\d{{1,2}})?)
    |(?P<some>(?<![\w.])\d+(?:\.\d+)+(?![\w-])|(?<![\w.])\d{{1,3}}(?:\.\d{{1,3}}){{0,2}}\.(?=[*?]))
    |(?P<six>(?<![\w:.]){_SIX})
    |(?P<dash>{_RANGE})
    |(?P<word>(?:(?!{_QUAD}|{_ACCOUNT.replace("sep", "gap")}|{_RANGE})
               [^\s/:!,=\[\](){{}}"'\#@*?|;&<>+%$^~\\`.…])+)
    |(?P<space>[\ \t]+)
    |(?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)
"""What a text is cut into: times, accounts as consoles write them, addresses, numbers with dots
between them, and words."""
_KEPT: Final = re.compile(
    r"""[\W_]+ | v\d{1,3}(?:(?:alpha|beta)\d{1,3})? | \d{1,5}(?:-\d{1,5})? | [xX]+
    | \d{4}-\d\d-\d\d | \d{1,3}-eksbuild | minimal | [a-z]{3,4}\d-az\d
    | (?:af|ap|ca|cn|eu|eusc|il|me|mx|sa|us)(?:-gov|-iso[a-f]?|-de)?
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
    rf"""(?P<uuid>(?<![0-9a-z])[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}(?![0-9a-z]))
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


class _Part(NamedTuple):
    """A part of a text, what becomes of it, and what kind of piece it is."""

    said: str
    new: str
    kind: str = "word"


class Redactor:
    """Replaces what is private, by the stand-ins of one key."""

    def __init__(self, key: bytes) -> None:
        self._standins = StandIns(key)
        self._texts: dict[str, str] = {}
        self._sentences: dict[str, str] = {}
        self._ports: dict[str, str] = {}
        self._originals: dict[str, str] = {}
        self._walk = Walk(
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
        self.hold(one.body for one in snapshot.told)
        bare = replace(snapshot, made=tuple(replace(one, digest="") for one in snapshot.made))
        return self.struct(bare)

    def facts(self, facts: Facts) -> Facts:
        """Facts without what is private."""
        self.hold(fact.body for fact in facts.values())
        return Facts(
            map(self.fact, facts.values()),
            map(self.struct, facts.gaps),
            map(self.struct, facts.warnings),
            map(self.sentence, facts.assumes),
        )

    def hold(self, bodies: Iterable[Struct | None]) -> None:
        """Learns the blocks of VPCs and subnets: to be called with all that is going to be
        redacted, before any of it is."""
        for body in bodies:
            if isinstance(body, aws.Vpc | aws.Subnet) and body.cidr_block:
                self._standins.hold(body.cidr_block)

    def fact(self, fact: Fact) -> Fact:
        """One fact without what is private."""
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
            self._note(_Part(text, found))
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
        whole = self._originals.get(text)
        return whole or _PIECES.sub(lambda piece: self._originals.get(piece[0], piece[0]), text)

    def _cut(self, text: str, kept: frozenset[str]) -> str:
        """The pieces of a text, each as it stays or becomes. Words that are names, with nothing but
        spaces between them, are one name."""
        pieces = [(str(piece.lastgroup), piece[0]) for piece in _PIECES.finditer(text)]
        new = [self._piece(kind, said, kept) for kind, said in pieces]
        for i in range(1, len(pieces) - 1):
            if pieces[i][0] == "space" and new[i - 1] is None and new[i + 1] is None:
                new[i] = None
        parts: list[_Part] = []
        for named, group in groupby(range(len(pieces)), lambda i: new[i] is None):
            places = list(group)
            if named:
                name = "".join(pieces[i][1] for i in places)
                parts.append(_Part(name, self._standins.name(name)))
            else:
                parts += [_Part(pieces[i][1], new[i] or "", pieces[i][0]) for i in places]
        for part in parts:
            self._note(part)
        for joined, some in groupby(parts, lambda part: part.kind not in ("space", "mark")):
            if joined:  # with nothing between them they may be read as one word
                several = list(some)
                self._note(_Part("".join(p.said for p in several), "".join(p.new for p in several)))
        return "".join(part.new for part in parts)

    def _piece(self, kind: str, said: str, kept: frozenset[str]) -> str | None:
        """One piece as it stays or becomes; None for a word that is a name from its first letter
        to its last."""
        if kind == "word":
            return self._word(said, kept)
        if kind == "account":
            code = self._standins.code(re.sub(r"\D", "", said), DIGITS)
            return said[4].join((code[:4], code[4:8], code[8:]))
        if kind in ("four", "six", "some"):
            return self._address(said)
        return said

    def _address(self, said: str) -> str:
        """An address, whatever stands between its numbers."""
        between = next((mark for mark in "-_" if mark in said), "")
        try:
            found = self._standins.address(re.sub("[_-]", ".", said) if between else said)
        except ValueError:  # looks like one, and is as private as one
            return self._standins.name(said)
        marks = iter(re.findall(r"[._-]", said))
        return re.sub(r"\.", lambda _: next(marks), found) if between else found

    def _note(self, part: "_Part") -> None:
        if part.new != part.said:
            self._originals[part.new] = part.said

    # --- words ------------------------------------------------------------------------------------

    def _word(self, word: str, kept: frozenset[str]) -> str | None:
        """A word as it stays or becomes; None for a name. Capitals decide nothing: names that are
        compared without regard to them are cut alike."""
        if word.lower() in kept or _KEPT.fullmatch(word):
            return word
        if _NUMBER.fullmatch(word):
            return self._standins.code(word, DIGITS)
        if inside := list(_INSIDE.finditer(word.lower())):
            return self._around(word, inside, kept)
        if named := _ID.fullmatch(word.lower()):
            end = named.end(1)
            return word[:end] + self._segments(word[end:], kept)
        new = self._segments(word, kept)
        return None if new == self._standins.name(word) else new

    def _around(self, word: str, inside: list[re.Match[str]], kept: frozenset[str]) -> str:
        """A word that holds ids or addresses."""
        found, end = "", 0
        for match in inside:
            found += self._segments(word[end : match.start()], kept) + self._id(word, match)
            end = match.end()
        return found + self._segments(word[end:], kept)

    def _id(self, word: str, match: re.Match[str]) -> str:
        said = word[match.start() : match.end()]
        if match["hex"]:
            end = len(match["kind"])
            return said[:end] + self._code(said[end:], HEX)
        codes = iter(self._code(said.replace("-", ""), HEX))
        return "".join("-" if c == "-" else next(codes) for c in said)

    def _code(self, part: str, alphabet: str) -> str:
        return _like(part, self._standins.code(part.lower(), alphabet))

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
        if not _HASH.fullmatch(part.lower()):
            return None
        return _like(part, self._standins.hash(part.lower()))


def _like(part: str, found: str) -> str:
    """A stand-in of the same length with capitals where the part has them."""
    return "".join(b.upper() if a != a.lower() else b for a, b in zip(part, found, strict=True))


class Redaction(NamedTuple):
    """How facts were redacted, and what they were before."""

    redactor: Redactor
    facts: Facts


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
