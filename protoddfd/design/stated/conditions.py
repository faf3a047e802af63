"""From words to a condition over a record: `status is rejected`, `amount is more than 500`, `overdue`."""

import re
from functools import cache

from dataforms.spec import Entity, Field
from protoddfd.design.lexicon_files import phrases
from protoddfd.design.stated.forms import forms
from protoddfd.design.stated.formulas import Reader
from protoddfd.design.stated.known import DAYS, MOMENTS, NUMBERS, Known, lemma
from protoddfd.design.stated.lateness import boolean_names, expired, is_one_of, overdue
from protoddfd.design.stated.operands import Unreadable

_BE = r"(?:is|are|was|were|be|been|has been|have been|has|have|=|gets|becomes|says|being)"
_LEAD = re.compile(
    rf"(?:(?:it|they|one|that|which|who|ones|he|she|something|someone|somebody|we|record)\b ?)?{_BE}?\b ?"
)
_WHOLE = re.compile(r"[+-]?\d+(?:\.\d+)?")


_OR_MORE = re.compile(r"\b(\d\S*) (?:or more|or higher|or above|or greater|and up|and above|\+)$")
_OR_LESS = re.compile(r"\b(\d\S*) (?:or less|or lower|or below|or fewer)$")


def condition(known: Known, entity: Entity, words: str) -> str | None:
    """Return the expression for a condition in words; None if it is none over what an entity has."""
    words = _OR_LESS.sub(r"at most \1", _OR_MORE.sub(r"at least \1", words.strip(" ,")))
    own = lemma(entity.name.lower())
    for name in (own, f"{own}s", own.split()[-1], f"{own.split()[-1]}s"):
        if known.field(entity, name) is None:
            words = re.sub(rf"^{re.escape(name)}(?= (?:{_BE[3:-1]})\b)", "it", words)
    whole = _single(known, entity, words)
    if whole is not None:
        return whole
    for joint in (" or ", " and "):
        if joint in words and (both := _joined(known, entity, words, joint)):
            return both
    return None


def _joined(known: Known, entity: Entity, words: str, joint: str) -> str | None:
    """Return two conditions as one: `paid or waived`, `status is open or waiting`."""
    left, right = words.split(joint, 1)
    first = condition(known, entity, left)
    if first is None:
        return None
    second = condition(known, entity, right)
    if second is None and (head := re.match(rf"(.+? {_BE} )", left)):
        second = condition(known, entity, f"{head.group(1)}{right}")
    if second is None:
        return None
    return f"{_bracketed(first, joint)}{joint}{_bracketed(second, joint)}"


def _bracketed(text: str, joint: str) -> str:
    other = " or " if joint == " and " else " and "
    return f"({text})" if other in text else text


def _single(known: Known, entity: Entity, words: str) -> str | None:
    for read in (_filled, _named_value, _alone, _compared):
        found = read(known, entity, words)
        if found is not None:
            return found
    return None


# -- what is empty, and what has a value -----------------------------------------------------------------

_EMPTY = re.compile(
    rf"^(.+?) {_BE} (?:empty|missing|blank|not (?:filled(?: in)?|set|given|known|entered|there))$"
)
_FULL = re.compile(
    rf"^(.+?) {_BE} (?:filled(?: in)?|set|given|known|entered|there|not empty|not blank|present)$"
)
_NONE = re.compile(r"^(?:(?:it|there) )?(?:is |are |has |have )?(?:no|without) (.+)$")
_SOME = re.compile(r"^(?:(?:it|there) )?(?:is|are|has|have) (?:some )?(.+)$")


def _filled(known: Known, entity: Entity, words: str) -> str | None:
    """Read `licence is missing`, `no return date`, `it has a deposit`."""
    for pattern, sign in ((_EMPTY, "=="), (_FULL, "!="), (_NONE, "=="), (_SOME, "!=")):
        found = pattern.match(words)
        field = known.field(entity, found.group(1)) if found else None
        if field is None or field.type in {"children", "references"}:
            continue
        if field.type == "boolean":
            return _truth(field, sign == "!=") if pattern is not _EMPTY and pattern is not _FULL else None
        if pattern is _SOME and field.name not in found.group(1).replace(" ", "_"):  # type: ignore[union-attr]
            continue
        return f"{field.name} {sign} empty"
    return None


def _truth(field: Field, holds: bool) -> str:
    return field.name if holds else f"not {field.name}"


# -- `status is rejected`, `payment by card`, `paid is yes` ----------------------------------------------


def _named_value(known: Known, entity: Entity, words: str) -> str | None:
    """Read a field, then its value: `status is not open`, `kind = driver`, `payment method card`."""
    row = words.split()
    for cut in range(min(5, len(row) - 1), 0, -1):
        field = known.field(entity, " ".join(row[:cut]))
        if field is None or field.type not in {"enum", "multi_enum", "boolean"}:
            continue
        rest = re.sub(rf"^(?:{_BE}|by|as|set to|to|equals|of)\b ?", "", " ".join(row[cut:]))
        rest = re.sub(r"^(?:set to|marked as|marked|equal to|=) ", "", rest)
        negated = bool(re.match(r"(?:not|no longer) ", rest))
        value = re.sub(r"^(?:not|no longer) ", "", rest)
        if field.type == "boolean":
            if value in _YES | _NO:
                return _truth(field, (value in _YES) != negated)
            continue
        choices = [known.choice(field, each) for each in re.split(r" or | / ", value)]
        if choices and None not in choices:
            return is_one_of(field, [each for each in choices if each], not negated)
    return None


_YES = frozenset(("yes", "true", "ticked", "checked", "set", "on", "selected"))
_NO = frozenset(("no", "false", "unticked", "unchecked", "off", "not ticked"))


# -- a value alone: `paid`, `not approved`, `for drivers`, `overdue` -------------------------------------


def _alone(known: Known, entity: Entity, words: str) -> str | None:
    """Read what a record is: a choice, a box that is ticked, a date that is past."""
    said = _LEAD.sub("", words, count=1).strip()
    negated = bool(re.match(r"(?:not|no longer|never) ", said))
    said = re.sub(r"^(?:not|no longer|never|already|still|marked as|marked|set to) ", "", said)
    for value, holds in ((said, not negated), (_opposite(said), negated)):
        if value and (found := _state(known, entity, value, holds)):
            return found
    if said in phrases("stated.txt", "late") or _DUE.match(said):
        late = expired(known, entity) if "expired" in said else overdue(known, entity)
        return f"not ({late})" if late and negated else late
    return None


_DUE = re.compile(rf"^\w+(?: \w+)? (?:{_BE[3:-1]}) (?:overdue|late|past due|expired)$")


def _opposite(said: str) -> str:
    return next(
        (said.removeprefix(p) for p in ("un", "non ", "in") if said.startswith(p) and len(said) > 5), ""
    )


def _state(known: Known, entity: Entity, value: str, holds: bool) -> str | None:
    value = re.sub(r"^(?:as|for|by|with|in) ", "", value)
    for field in entity.fields:
        if field.type in {"enum", "multi_enum"} and (choice := known.choice(field, value)):
            return is_one_of(field, [choice], holds)
    for field in entity.fields:
        if field.type == "boolean" and value in boolean_names(field):
            return _truth(field, holds)
    named = known.field(entity, value)
    if named is not None and named.type in DAYS and value.endswith(("ed", "paid", "sent", "back", "done")):
        return f"{named.name} {'!=' if holds else '=='} empty"
    return None


# -- comparisons -----------------------------------------------------------------------------------------


@cache
def _comparisons() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (sign, re.compile(rf"^(.*?) ?\b(?:{_BE} )?(?:{form.pattern}) (.+)$"))
        for sign, form in forms("compared")
    )


def _compared(known: Known, entity: Entity, words: str) -> str | None:
    """Read `amount is more than 500`, `end date is before start date`, `quantity below minimum`."""
    for sign, pattern in _comparisons():
        found = pattern.match(words)
        if not found:
            continue
        left = re.sub(rf"^(?:it|they|which|that|{_BE})\b ?", "", found.group(1))
        field = known.field(entity, left) if left else _implied(known, entity, found.group(2))
        if field is None:
            continue
        right = comparand(known, entity, field, found.group(2))
        if right is not None:
            return f"{field.name} {sign} {right}"
    return None


def _implied(known: Known, entity: Entity, limit: str) -> Field | None:
    """Return what is compared where only the limit is said: the stock with its minimum, the one amount."""
    row = limit.split()
    if row[0] in {"minimum", "maximum"} and len(row) > 1:
        return known.field(entity, " ".join(row[1:]))
    if row == ["minimum"]:
        named = [known.field(entity, each) for each in ("stock", "quantity", "level")]
        return next((each for each in named if each is not None), None)
    money = [each for each in entity.fields if known.kind(entity, each) == "money"]
    return money[0] if len(money) == 1 else None


def comparand(known: Known, entity: Entity, field: Field, words: str) -> str | None:
    """Return what a field is compared with: a number, `today`, a formula; None if it is none."""
    kind = known.kind(entity, field)
    words = words.strip(" ,")
    if kind in NUMBERS:
        plain = _UNIT.sub("", words)
        if word := _COUNTS.get(plain, plain if _WHOLE.fullmatch(plain) else ""):
            return word
        if re.fullmatch(r"\d{1,3}(?:,\d{3})+", plain):
            return plain.replace(",", "")
    if kind in MOMENTS and words in {"today", "now", "current date", "current day"}:
        return "now" if kind == "datetime" else "today" if kind == "date" else None
    if kind not in NUMBERS | MOMENTS:
        return None
    try:
        formula = Reader(known, entity, words).formula()
    except Unreadable:
        return _time(known, entity, words) if kind == "time" else None
    other = known.field(entity, words)
    if other is not None and {kind, known.kind(entity, other)} in (
        {"money", "percent"},
        {"percent", "integer"},
    ):
        return None
    same = formula.expression != field.name and "(" not in formula.expression.replace("date(", "")
    return formula.expression if same else None


def _time(known: Known, entity: Entity, words: str) -> str | None:
    field = known.field(entity, words)
    return field.name if field is not None and field.type == "time" else None


_UNIT = re.compile(r"^(?:eur|usd|gbp|chf|€|\$|£) ?|(?<=\d) ?(?:[a-z]+|€|\$|£|%)$")
_COUNTS = {"zero": "0", "nothing": "0", "one": "1", "two": "2", "three": "3", "five": "5", "ten": "10"}
