"""Clauses on what values must be: `end date must be after start date`, `quantity at least 1`, `never negative`."""

import re

import msgspec

from dataforms.spec import Entity, Field, Rule
from protoddfd.design.stated.conditions import COMPARED, comparand
from protoddfd.design.stated.known import DAYS, MOMENTS, NUMBERS, Known, with_field
from protoddfd.design.stated.outcome import Outcome, Place

_MUST = r"(?:must(?: always)?|should(?: always)?|has to|have to|may|can|needs to|shall|is to|are to)(?: only)?"
_NOT = r"(?:cannot|can not|must not|may not|should not|must never|can never|may never|should never|is never|are never|never|shall not)(?: ever)?"
_NAME = r"(?P<name>(?:\w+ ){0,4}?\w+)"
_FORMS = tuple(
    (re.compile(form), holds)
    for form, holds in (
        (rf"^{_NAME} {_NOT} (?:be |go |get |drop |fall |become |lie )?(?P<than>.+)$", False),
        (rf"^{_NAME} {_MUST} (?P<no>not )(?:be )?(?P<than>.+)$", False),
        (rf"^{_NAME} {_MUST} (?:be |lie |come |have )?(?P<than>.+)$", True),
        (rf"^(?:make sure|ensure|check|check that|make sure that|ensure that) {_NAME} (?:is|are|comes|lies) (?P<than>.+)$", True),
        (rf"^{_NAME} (?:is |are |of |has |: )?(?P<than>(?:at least|at most|no more than|not more than|not less than"
         r"|no less than|maximum|minimum|between|up to|more than|less than|greater than) .+)$", True),
        (rf"^{_NAME} (?:is |are )?(?P<than>(?:after|before|later than|earlier than) .+)$", True),
        (rf"^{_NAME} (?:is |are )?(?P<than>(?:\d+|zero|one) or (?:more|less|higher|lower|fewer|greater))$", True),
        (rf"^{_NAME} (?:is |are )?(?P<than>\d+ ?\+)$", True),
        (rf"^{_NAME} (?:is |are )?(?P<than>(?:positive|not negative|non negative|never negative|in future|in past))$", True),
    )
)  # fmt: skip
_HINT = re.compile(
    r"\b(?:must|should|has to|have to|may|can|cannot|never|make sure|ensure|check|at least|at most|than|maximum|minimum"
    r"|between|up to|after|before|or (?:more|less|higher|lower|fewer|greater)|positive|negative|in future|in past)\b|\d ?\+"
)
"""What at least is in a clause on what values must be."""
_OPPOSITE = {">=": "<", "<=": ">", ">": "<=", "<": ">=", "==": "!=", "!=": "=="}
_SIGNS = tuple((re.compile(rf"^(?:{words}) (?P<rest>.+)$"), sign) for words, sign in COMPARED)
_SAID = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than", "==": "the same as", "!=": "other than"}
_SAID_OF_DAYS = {">=": "on or after", "<=": "on or before", ">": "after", "<": "before", "==": "the same as", "!=": "other than"}
_ABSOLUTE = {
    "positive": (">", "0"), "negative": ("<", "0"), "zero": ("==", "0"), "non negative": (">=", "0"),
    "not negative": (">=", "0"), "below zero": ("<", "0"), "under zero": ("<", "0"),
    "in future": (">", "today"), "in past": ("<", "today"), "future": (">", "today"),
}  # fmt: skip
_Bound = tuple[str, str]


def read(place: Place, words: str) -> Outcome | None:
    """Read what a value must be."""
    if not _HINT.search(words):
        return None
    words = re.sub(r"^(?:and|but|also|so) ", "", words)
    words = re.sub(r"^.+(?:,| with| has| have| and) (?=(?:\w+ ){1,4}(?:that|which) )", "", words).strip()
    words = re.sub(r" (?:that|which) (?=(?:must|can|may|should|cannot|is never|are never|has to)\b)", " ", words)
    missing: Outcome | None = None
    for form, holds in _FORMS:
        found = form.match(words)
        if not found:
            continue
        for entity in place.about:
            field = place.known.field(entity, found.group("name"))
            if field is None:
                continue
            if field.type in {"children", "references"}:
                continue
            bounds = _bounds(place.known, entity, field, found.group("than"), holds)
            if bounds:
                outcome = _with(place, entity, field, bounds)
                if outcome is not None:
                    return outcome
            elif re.search(rf"\b(?:{_MUST}|{_NOT})\b", words) and _is_comparison(found.group("than")):
                missing = missing or Outcome(note=f"there is nothing in {entity.name} to compare {field.name} with so")
    return missing


def _is_comparison(than: str) -> bool:
    return bool(re.match(r"(?:after|before|later|earlier|more|less|at least|at most|greater|lower|exceed)\b", than))


def _bounds(known: Known, entity: Entity, field: Field, than: str, holds: bool) -> list[_Bound]:
    """Return the signs and what stands behind them; all of them must hold."""
    than = than.strip(" ,")
    if holds and " and " in than and not than.startswith(("between", "from")):
        parts = [_bounds(known, entity, field, each, holds) for each in than.split(" and ")]
        return [bound for part in parts for bound in part] if all(parts) else []
    if than in _ABSOLUTE:
        sign, limit = _ABSOLUTE[than]
        if (limit == "today") != (known.kind(entity, field) in DAYS):
            return []
        return [(sign if holds else _OPPOSITE[sign], limit)]
    if found := re.fullmatch(r"(?:between|from) (.+?) (?:and|to) (.+)", than):
        limits = [comparand(known, entity, field, each) for each in found.groups()]
        return [(">=", limits[0]), ("<=", limits[1])] if holds and limits[0] and limits[1] else []
    than = re.sub(r"^(\S+) or (?:more|higher|greater|above)$|^(\d+) ?\+$", lambda m: f"at least {m[1] or m[2]}", than)
    than = re.sub(r"^(\S+) or (?:less|lower|fewer|below)$", r"at most \1", than)
    than = re.sub(r"^minimum ", "at least ", than)
    than, late = _later(than)
    for pattern, sign in _SIGNS:
        if found := pattern.match(than):
            limit = comparand(known, entity, field, found.group("rest"))
            if limit is not None and late:
                return [((">=" if late > 0 else "<="), f"{limit} {'+' if late > 0 else '-'} {abs(late)}")] if holds else []
            if limit is not None:
                return [(sign if holds else _OPPOSITE[sign], limit)]
    return []


_APART = re.compile(r"^(?:at least |minimum )?(\d+) (day|days|week|weeks) (after|later than|before) ")


def _later(than: str) -> tuple[str, int]:
    """Return `at least 3 days after x` as `after x` and 3."""
    found = _APART.match(than)
    if not found:
        return than, 0
    days = int(found.group(1)) * (7 if found.group(2).startswith("week") else 1)
    return _APART.sub(f"{found.group(3)} ", than), -days if found.group(3) == "before" else days


def _with(place: Place, entity: Entity, field: Field, bounds: list[_Bound]) -> Outcome | None:
    """Return the spec with least and greatest values where they say it, else with a check."""
    note = f"{entity.name}: {' and '.join(f'{field.name} {sign} {limit}' for sign, limit in bounds)}, because the text says so"
    limited = field
    rules: list[Rule] = []
    for sign, limit in bounds:
        end = _end(field, sign, limit)
        if end is not None:
            limited = msgspec.structs.replace(limited, **{end[0]: end[1]})
        else:
            rules.append(_rule(entity, field, sign, limit, place.known))
    changed = with_field(entity, limited) if limited is not field else entity
    changed = msgspec.structs.replace(changed, rules=(*changed.rules, *(r for r in rules if r not in changed.rules)))
    return place.changed(changed, note)


def _end(field: Field, sign: str, limit: str) -> tuple[str, int | float] | None:
    """Return a bound as the field's own `min` or `max`, where that says the same."""
    if field.type not in NUMBERS or not re.fullmatch(r"-?\d+(?:\.\d+)?", limit):
        return None
    value = float(limit) if "." in limit else int(limit)
    if field.type == "rating" and sign in {">=", ">"}:
        return None
    if sign in {">=", "<="}:
        return ("min" if sign == ">=" else "max"), value
    if field.type == "integer" and isinstance(value, int) and sign in {">", "<"}:
        return ("min", value + 1) if sign == ">" else ("max", value - 1)
    return None


def _rule(entity: Entity, field: Field, sign: str, limit: str, known: Known) -> Rule:
    other = next((each for each in entity.fields if each.name == limit), None)
    said = _SAID_OF_DAYS if known.kind(entity, field) in MOMENTS else _SAID
    title = other.title[:1].lower() + other.title[1:] if other else limit.replace("_", " ")
    return Rule(
        kind="check",
        expression=f"{field.name} {sign} {limit}",
        fields=(field.name,) if field.type not in {"computed", "children"} else (other.name,) if other else (),
        message=f"{field.title} must be {said[sign]} {title}.",
    )
