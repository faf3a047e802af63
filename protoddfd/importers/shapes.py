"""What JSON records have in common: which keys hold values, objects, lists, rows of their own. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

KeyPath = tuple[str, ...]
MOST_KEYS = 150
"""Keys of one object, all records taken together; one with more is a map, and kept as JSON."""
MOST_PATHS = 3_000
_DEPTH = 6
_MOST_ITEMS = 60
_ITEM_LENGTH = 60


class TooManyKeys(Exception):
    """The records have so many different keys that they are no table."""


class Shape:
    """The keys of the records of one table, and the tables inside them."""

    def __init__(self) -> None:
        self.kinds: dict[KeyPath, set[str]] = {}
        """By key, what was seen: `text number boolean object rows list empty other`."""
        self.items: dict[KeyPath, set[str] | None] = {}
        """The texts in the lists of a key; None when they are too many to choose from."""
        self.inside: dict[KeyPath, Shape] = {}
        self._keys: dict[KeyPath, int] = {}

    def learn(self, record: Mapping[str, Any], path: KeyPath = ()) -> None:
        """Learn from one record; raise TooManyKeys."""
        for key, value in record.items():
            here = (*path, key)
            if here not in self.kinds:
                self._keys[path] = self._keys.get(path, 0) + 1
                if path and self._keys[path] > MOST_KEYS:
                    self.kinds[path].add("other")
                    continue
                if len(self.kinds) > MOST_PATHS:
                    raise TooManyKeys
            if value is None:
                self.kinds.setdefault(here, set())
            else:
                self._learn_value(here, value)

    def _learn_value(self, here: KeyPath, value: object) -> None:
        kind = _kind(value)
        kinds = self.kinds.setdefault(here, set())
        if kind == "object" and len(here) >= _DEPTH:
            kind = "other"
        kinds.add(kind)
        if "other" in kinds:
            return
        if kind == "object":
            self.learn(value, here)  # type: ignore[arg-type]  # an object
        elif kind == "rows":
            shape = self.inside.setdefault(here, Shape())
            for each in value:  # type: ignore[attr-defined]  # a list
                shape.learn(each)
        elif kind == "list":
            self._learn_items(here, value)  # type: ignore[arg-type]  # a list

    def _learn_items(self, here: KeyPath, value: list[object]) -> None:
        known = self.items.setdefault(here, set())
        if known is None:
            return
        known |= {each.strip() for each in value if isinstance(each, str)}
        plain = all(
            isinstance(each, str) and len(each) <= _ITEM_LENGTH and each.isprintable() for each in value
        )
        if len(known) > _MOST_ITEMS or not plain:
            self.items[here] = None

    def columns(self) -> Iterator[tuple[KeyPath, str]]:
        """Yield the keys that hold one value each, and what they are: as `kinds`, `json` or `several`."""
        closed: set[KeyPath] = set()
        for path, kinds in self.kinds.items():
            if any(path[:depth] in closed for depth in range(1, len(path))):
                continue
            kind = _of_all(kinds)
            if kind == "list":
                kind = "several" if self.items.get(path) else "json"
            if kind == "json":
                closed.add(path)
            if kind not in ("object", "rows"):
                yield path, kind

    def tables(self) -> Iterator[tuple[KeyPath, "Shape"]]:
        """Yield the keys that hold rows, with their shapes."""
        for path, shape in self.inside.items():
            above = all(_of_all(self.kinds[path[:depth]]) == "object" for depth in range(1, len(path)))
            if above and _of_all(self.kinds[path]) == "rows":
                yield path, shape


def _kind(value: object) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, dict):
        return "object" if value else "empty"
    if isinstance(value, list):
        if not value:
            return "empty"
        if all(isinstance(each, dict) for each in value):
            return "rows"
        return "other" if any(isinstance(each, dict | list) for each in value) else "list"
    return "number"


def _of_all(kinds: set[str]) -> str:
    """Return what a key is by all that was seen of it."""
    found = kinds - {"empty"}
    if not found:
        return "json" if kinds else "value"
    if len(found) == 1:
        kind = next(iter(found))
        return "json" if kind == "other" else kind
    return "value" if found <= {"text", "number", "boolean"} else "json"


def value_at(record: object, path: KeyPath) -> object:
    """Return the value of a key within a record; None where it has none."""
    for key in path:
        if not isinstance(record, dict):
            return None
        record = record.get(key)
    return record
