"""What every cell of one column has in common, learnt chunk by chunk in little memory. Decides nothing."""

import re
from array import array
from collections.abc import Sequence
from itertools import islice

from dataforms.sheets.form import Format
from dataforms.sheets.formats import MISSING, TYPED
from dataforms.sheets.numbers import currency_of

MOST_PLACES = 7
"""Digits after the decimal mark that are counted; more are all alike."""
_KEY_LENGTH = 100
SURE_ROWS = 200_000
"""So many values are tested, and from then on only some, from all over the table."""
SHARE = 16
"""One value in so many is one of some."""
_PART = 200_000
"""Hashes that are compared at a time."""
_SAMPLE = 500
_BREAK = re.compile(r"[\r\n\x85\u2028\u2029]")
_DIGITS_AFTER = {mark: re.compile(rf"{re.escape(mark)}(\d+)[^\d.,]*$") for mark in ".,"}


def _implied() -> dict[str, frozenset[str]]:
    """Return, for some formats, those that accept all that it accepts; they need no test of their own."""
    numbers = [form for form in TYPED if form.type in ("integer", "decimal", "money")]
    said = ("said integer", "said decimal", "said money")
    implied = {"integer": frozenset((*(form.name for form in numbers), *said))}
    implied["integer 64"] = frozenset(("said integer",))
    implied["datetime ymd"] = frozenset(("said datetime",))
    for mark in ".,":
        same = frozenset(form.name for form in numbers if form.mark == mark and form.type != "integer")
        implied[f"decimal {mark}"] = same
        implied[f"money {mark}"] = frozenset(name for name in same if name.startswith("money"))
    for form in TYPED:
        if form.type == "date" and not form.name.endswith("00:00"):
            midnight = f"{form.name} 00:00"
            implied[form.name] = frozenset(
                (midnight, "said date") if form.name == "date ymd" else (midnight,)
            )
    return implied


_IMPLIED = _implied()


class ColumnProfile:
    """One column of a file so far: the formats that fit all cells, the distinct values."""

    def __init__(
        self,
        header: str,
        index: int,
        *,
        distinct_limit: int,
        empty: int = 0,
        keep_repeated: bool = True,
        formats: tuple[Format, ...] = TYPED,
        thorough: bool = True,
    ) -> None:
        self.header = header
        self.index = index
        self.filled = 0
        self.empty = empty
        self.candidates: tuple[Format, ...] = formats
        self.distinct: set[str] | None = set()
        """All distinct texts, without blanks around them; None when there are too many to keep."""
        self.hashes: array[int] | None = None
        """A hash of every distinct text of every chunk, kept instead of `distinct` where it may be a key."""
        self.repeated = False
        self.missing: set[str] = set()
        self.missing_cells = 0
        self.longest = 0
        self.breaks = False
        self.places: dict[str, int] = {}
        self.currencies: set[str] = set()
        self.example = ""
        self.has_zero_or_less = False
        self.has_plus = False
        self.most_lines = 1
        self.is_sampled = False
        """Whether some values were not tested for what they are; all else is known of every one."""
        self._thorough = thorough
        self._chunks = 0
        self._distinct_limit = distinct_limit
        self._keep_repeated = keep_repeated

    def feed(self, cells: Sequence[str]) -> None:
        """Learn from the cells of some more rows."""
        raw = set(cells)
        texts = {text.strip() for text in raw}
        blank = 0
        if "" in texts:
            texts.discard("")
            blank = sum(cells.count(text) for text in raw if not text or text.isspace())
        filled = len(cells) - blank
        self.empty += blank
        self.filled += filled
        if not texts:
            return
        self._learn_repetition(texts, filled)
        self._learn_types(cells, texts)
        self.longest = max(self.longest, max(map(len, raw)))
        if _BREAK.search("\0".join(texts)) is not None:
            self.breaks = True
            self.most_lines = max(self.most_lines, *(text.count("\n") + 1 for text in texts))
        self.example = self.example or min(texts)

    @property
    def rows(self) -> int:
        """Return the number of cells seen."""
        return self.filled + self.empty

    @property
    def is_text(self) -> bool:
        """Return whether the column holds something that no format accepts as a whole."""
        return not self.candidates or self.filled == self.missing_cells

    def is_distinct(self) -> bool:
        """Return whether every row has a value of its own."""
        if self.repeated or self.empty or not self.filled:
            return False
        return self.distinct is not None or (self.hashes is not None and _all_differ(self.hashes))

    def differs(self) -> bool:
        """Return whether no two rows are known to have the same value; empty ones do not count."""
        return not self.repeated and (self.hashes is None or _all_differ(self.hashes))

    def could_be_key(self) -> bool:
        """Return whether the cells are whole numbers or short texts, as keys are."""
        whole = not self.candidates or any(
            form.type in ("integer", "email", "url") for form in self.candidates
        )
        return whole and self.longest <= _KEY_LENGTH and not self.breaks

    def _learn_types(self, cells: Sequence[str], texts: set[str]) -> None:
        if not self.candidates:
            return
        missing = texts & MISSING
        if missing:
            self.missing |= missing
            self.missing_cells += sum(1 for cell in cells if cell.strip() in missing)
            texts = texts - missing
        if texts:
            self.candidates = _survivors(self.candidates, self._tested(cells, texts))
            signed = not self.has_zero_or_less and min(texts)[0] in "+-"
            self.has_zero_or_less = self.has_zero_or_less or signed or "0" in texts
            self.has_plus = self.has_plus or min(texts)[0] == "+"
            self._learn_numbers(texts)

    def _tested(self, cells: Sequence[str], texts: set[str]) -> set[str]:
        """Return the texts that are tested: all, or some, the first and the last in order among them."""
        self._chunks += 1
        if self._thorough or self.filled <= SURE_ROWS or len(texts) <= SHARE:
            return texts
        self.is_sampled = True
        some = {text.strip() for text in cells[self._chunks % SHARE :: SHARE]}
        return (some & texts) | {min(texts), max(texts)}

    def _learn_numbers(self, texts: set[str]) -> None:
        if self.candidates and self.candidates[0].type in ("integer", "boolean"):
            return
        for mark in {form.mark for form in self.candidates if form.mark}:
            if self.places.get(mark, 0) < MOST_PLACES:
                found = filter(None, map(_DIGITS_AFTER[mark].search, texts))
                most = max((len(digits[1]) for digits in found), default=0)
                self.places[mark] = max(self.places.get(mark, 0), most)
        types = {form.type for form in self.candidates}
        if "money" in types and "decimal" not in types:
            self.currencies |= {code for code in map(currency_of, texts) if code}

    def _learn_repetition(self, texts: set[str], filled: int) -> None:
        self.repeated = self.repeated or len(texts) < filled
        if self.distinct is None:
            self._remember(texts)
            return
        self.repeated = self.repeated or not self.distinct.isdisjoint(texts)
        self.distinct |= texts
        if len(self.distinct) > self._distinct_limit or self.longest > 10 * _KEY_LENGTH:
            known, self.distinct = self.distinct, None
            self.hashes = array("q")
            self._remember(known)

    def _remember(self, texts: set[str]) -> None:
        if self.hashes is None:
            return
        if self.could_be_key() and (self._keep_repeated or not self.repeated):
            self.hashes.extend(map(hash, texts))
        else:
            self.hashes = None


def _survivors(candidates: Sequence[Format], texts: set[str]) -> tuple[Format, ...]:
    kept: list[Format] = []
    implied: frozenset[str] = frozenset()
    for form in candidates:
        if form.name in implied or form.accepts(texts):
            kept.append(form)
            implied |= _IMPLIED.get(form.name, frozenset())
    return tuple(kept)


def _all_differ(hashes: "array[int]") -> bool:
    parts = 1 + len(hashes) // _PART
    for part in range(parts):
        some = [number for number in hashes if number % parts == part]
        if len(set(some)) < len(some):
            return False
    return True


def missing_in(keys: ColumnProfile, column: ColumnProfile) -> tuple[int, int]:
    """Return how many distinct texts of `column` are not among those of `keys`, and how many there are.

    Texts that mean no value do not count. Where there are many, 64-bit hashes are compared part by part, and
    only some of them where most of those are missing.
    """
    if column.distinct is not None and keys.distinct is not None:
        wanted = column.distinct - (MISSING - keys.distinct)
        return len(wanted - keys.distinct), len(wanted)
    own, others = _hashes(column), _hashes(keys)
    ignored = set(map(hash, MISSING)).difference(others)
    sample = set(islice(own, _SAMPLE)) - ignored
    found = sample.intersection(others)
    if 2 * len(found) < len(sample):
        return len(sample) - len(found), len(sample)
    return _missing_hashes(others, own, ignored)


def _missing_hashes(keys: "array[int]", own: "array[int]", ignored: set[int]) -> tuple[int, int]:
    parts = 1 + (len(own) + len(keys)) // _PART
    absent = total = 0
    for part in range(parts):
        some = {number for number in own if number % parts == part} - ignored
        total += len(some)
        absent += len(some.difference(number for number in keys if number % parts == part))
    return absent, total


def has_values(column: ColumnProfile) -> bool:
    """Return whether the column's distinct texts were kept, in one way or the other."""
    return column.distinct is not None or column.hashes is not None


def _hashes(column: ColumnProfile) -> "array[int]":
    if column.distinct is not None:
        return array("q", map(hash, column.distinct))
    return column.hashes if column.hashes is not None else array("q")
