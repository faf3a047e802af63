"""From words to an expression: `quantity times price`, `fees minus payments`, `days since x`."""

import re
from collections.abc import Callable

import msgspec

from dataforms.spec import Entity
from protoddfd.design.lexicon_files import pairs
from protoddfd.design.stated.known import DAYS, NUMBERS, Known, lemma
from protoddfd.design.stated.operands import Unreadable
from protoddfd.design.stated.spans import Spans

_NUMBER = re.compile(r"\d+(?:[.,]\d+)?%?$")
_STOPS = frozenset((",", "and", "so", "which", "that", "in", ")", "."))
"""What may stand behind a formula: anything else would have changed what it says."""


class Formula(msgspec.Struct, frozen=True, kw_only=True):
    """An expression, and the spec with the children that it counts or sums."""

    expression: str
    entity: Entity
    is_counted: bool = False
    """Is it over children?"""
    is_far: bool = False
    """Is it over fields of what a record refers to?"""
    is_plain: bool
    """Is it a mere field?"""


class Reader(Spans):
    """Reads the words of one formula from the left to the right."""

    def formula(self) -> Formula:
        """Return the formula that all words are, or that stands before a word at which one may end."""
        text = self._sum()
        if self.at < len(self.row) and self.row[self.at] not in _STOPS:
            raise Unreadable(" ".join(self.row[self.at :]))
        if not re.search("[a-z]", text):
            raise Unreadable(text)
        return Formula(
            expression=text,
            entity=self.entity,
            is_plain=self.steps < 1,
            is_far=self.is_far,
            is_counted=self.is_counted,
        )

    # -- grammar -----------------------------------------------------------------------------------------

    def _sum(self) -> str:
        text = self._product()
        while sign := self.taken({"plus": "+", "+": "+", "minus": "-", "-": "-", "less": "-"}):
            right = self._product()
            if text in self.percents and right not in self.percents:
                raise Unreadable(text)
            if right in self.percents and text not in self.percents:
                right = f"{self._whole(text)} * {right} / 100"
            text = f"{text} {sign} {right}"
            self.steps += 1
        return text

    def _whole(self, text: str) -> str:
        """Return a sum in brackets, to be multiplied."""
        return f"({text})" if re.search(r" [+-] (?![^(]*\))", text) else text

    def _product(self) -> str:
        text = self._factor()
        while sign := self.taken({"times": "*", "x": "*", "multiplied by": "*", "divided by": "/", "/": "/"}):
            is_share = sign == "/" and self.row[self.at : self.at + 1] == ["100"]
            text = text if is_share else self._share(text)
            text = f"{text} {sign} {self._share(self._factor())}"
            self.steps += 1
        return text

    def _share(self, text: str) -> str:
        """Return a percentage as the share that it is of something."""
        return f"{text} / 100" if text in self.percents else text

    def _factor(self) -> str:
        if self.taken({"(": "("}):
            text = self._sum()
            if not self.taken({")": ")"}):
                raise Unreadable("(")
            return f"({text})"
        for lead, read in _LEADS.items():
            if self.taken({lead: lead}):
                self.steps += 1
                text = read(self)
                return f"({text})" if " " in text and self.at < len(self.row) else text
        if self.row[self.at : self.at + 1] and self.row[self.at] in _NUMERALS:
            self.row[self.at] = str(_NUMERALS.index(self.row[self.at]))
        if self.at < len(self.row) and _NUMBER.match(self.row[self.at]):
            return self._number()
        path, _ = self.operand(lambda field, kind: kind in NUMBERS | DAYS | {"duration"})
        return path

    def _number(self) -> str:
        word = self.row[self.at].replace(",", ".")
        self.at += 1
        share = word.endswith("%") or bool(self.taken({"percent": "%", "%": "%"}))
        number = word.removesuffix("%")
        if self.row[self.at : self.at + 1] and self.row[self.at] in _SPANS and not share:
            return self._later(int(float(number)) * _SPANS[self.row[self.at]])
        if share:
            self.taken({"of": "of"})
            self.steps += 1
            return f"{self._factor()} * {number} / 100"
        return number

    def _later(self, days: int) -> str:
        """Read what follows `14 days`: after or before a date."""
        self.at += 1
        sign = self.taken({"after": "+", "from": "+", "later than": "+", "before": "-"})
        self.steps += 1
        return f"{self.date()} {sign} {days}" if sign else str(days)

    # -- fields ------------------------------------------------------------------------------------------

    def product(self) -> str:
        """Read `a and b` behind `product of`."""
        first = self.operand(lambda field, kind: kind in NUMBERS)[0]
        if not self.taken({"and": "and"}):
            raise Unreadable("product")
        return f"{first} * {self.operand(lambda field, kind: kind in NUMBERS)[0]}"

    def half(self) -> str:
        """Read a number's name."""
        return self.operand(lambda field, kind: kind in NUMBERS)[0]

    # -- children ----------------------------------------------------------------------------------------

    def count(self) -> str:
        """Read the name of children; return how many there are, of those alone that are said."""
        for length in range(min(4, len(self.row) - self.at), 0, -1):
            row = self.row[self.at : self.at + length]
            for cut in range(length):
                found = self.known.children(self.entity, " ".join(row[cut:]))
                if found is None:
                    continue
                if cut:
                    raise Unreadable(" ".join(row))
                self.at += length
                return f"count({self.children(*found)})"
        raise Unreadable(" ".join(self.row[self.at :]))

    def total(self) -> str:
        """Read `a and b`, or what is summed of children: `line totals`, `amounts of payments`, `payments`."""
        if " and " in f" {' '.join(self.row[self.at :])} ":
            begun = self.at
            try:
                return self._added()
            except Unreadable:
                self.at = begun
        return self._over("sum")

    def _added(self) -> str:
        text = self.operand(lambda field, kind: kind in NUMBERS)[0]
        while self.taken({"and": "+", ", and": "+", ",": "+"}):
            text = f"{text} + {self.operand(lambda field, kind: kind in NUMBERS)[0]}"
        if "+" not in text:
            raise Unreadable("sum")
        return f"({text})"

    def average(self) -> str:
        """Read what the average of children is."""
        return self._over("average")

    def _over(self, function: str) -> str:
        self.taken({"all": "all"})
        row = self.row[self.at :]
        end = next((at for at, word in enumerate(row) if word in _STOPS - {"in"}), len(row))
        words = " ".join(row[:end])
        owner, _, rest = words.partition(" of ")
        for said, child in ((owner, rest.removeprefix("all ")), ("", owner), *_cuts(owner)):
            found = self.known.children(self.entity, child) if child else None
            field = self.counted(found[0], said) if found else None
            if found and field is not None:
                self.at += end
                return f"{function}({self.children(*found)}.{field.name})"
        for child_entity, via in self.all_children():
            field = self.known.field(child_entity, lemma(owner))
            if field is not None and self.known.kind(child_entity, field) in NUMBERS:
                self.at += end
                return f"{function}({self.children(child_entity, via)}.{field.name})"
        raise Unreadable(words)


def _cuts(words: str) -> list[tuple[str, str]]:
    """Return `payment amounts` as what is summed and whose it is, at each place where it may be cut."""
    row = words.split()
    return [(" ".join(row[at:]), " ".join(row[:at])) for at in range(1, len(row))]


_NUMERALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SPANS = {"day": 1, "days": 1, "week": 7, "weeks": 7}
_LEADS: dict[str, Callable[[Reader], str]] = {
    "sum of": Reader.total, "total of": Reader.total, "total amount of": Reader.total, "all": Reader.total,
    "sum total of": Reader.total, "adding up": Reader.total, "added up": Reader.total,
    "product of": Reader.product, "average of": Reader.average, "mean of": Reader.average,
    "average": Reader.average,
    "number of days between": Reader.between, "number of days from": Reader.between,
    "number of days since": Reader.days_since, "number of days until": Reader.days_until,
    "number of": Reader.count, "count of": Reader.count, "how many": Reader.count,
    "days between": Reader.between, "days from": Reader.between, "time between": Reader.between,
    "nights between": Reader.between, "nights from": Reader.between,
    "hours between": Reader.hours_between, "hours from": Reader.hours_between,
    "number of hours between": Reader.hours_between,
    "days since": Reader.days_since, "days until": Reader.days_until, "days to": Reader.days_until,
    "days after": Reader.days_since, "years since": Reader.years_since, "years from": Reader.years_since,
    "difference between": Reader.difference, "difference of": Reader.difference,
    "half of": lambda it: f"{it.half()} / 2", "half": lambda it: f"{it.half()} / 2",
    "twice": lambda it: f"2 * {it.half()}", "double": lambda it: f"2 * {it.half()}",
}  # fmt: skip
"""What a factor may begin with, and how the rest of it is read; the longer ones first."""


def usual(known: Known, entity: Entity, name: str) -> Formula | None:
    """Return the formula by which a field of this name is usually computed, if all that it needs is there."""
    for form in pairs("stated.txt", "usual", ":").get(lemma(name), "").split("|"):
        if not form.strip():
            continue
        try:
            return Reader(known, entity, form.strip()).formula()
        except Unreadable:
            continue
    return None
