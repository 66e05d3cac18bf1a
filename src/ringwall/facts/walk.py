"""Goes through facts by their types, and replaces the texts that are marked as private."""

from collections.abc import Callable
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from msgspec import Struct
from msgspec.structs import replace

from ringwall.facts.fact import Key
from ringwall.facts.words import PRIVATE


class Walk:
    """Replaces the texts of facts.

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
