"""Clauses on what values must be: `end date must be after start date`, `quantity at least 1`."""

import re
from functools import cache

import msgspec

from dataforms.spec import Entity, Field, Rule
from protoddfd.design.stated.conditions import comparand
from protoddfd.design.stated.forms import forms, hint, wording
from protoddfd.design.stated.known import DAYS, MOMENTS, NUMBERS, Known, with_field
from protoddfd.design.stated.outcome import Outcome, Place

_OPPOSITE = {">=": "<", "<=": ">", ">": "<=", "<": ">=", "==": "!=", "!=": "=="}
_SURE = re.compile(rf"\b(?:{wording('must')}|{wording('never')})\b")
_SAID = {
    ">=": "at least",
    "<=": "at most",
    ">": "more than",
    "<": "less than",
    "==": "the same as",
    "!=": "other than",
}
_SAID_OF_DAYS = {
    ">=": "on or after",
    "<=": "on or before",
    ">": "after",
    "<": "before",
    "==": "the same as",
    "!=": "other than",
}
_ABSOLUTE = {
    "positive": (">", "0"), "negative": ("<", "0"), "zero": ("==", "0"), "non negative": (">=", "0"),
    "not negative": (">=", "0"), "below zero": ("<", "0"), "under zero": ("<", "0"),
    "in future": (">", "today"), "in past": ("<", "today"), "future": (">", "today"),
}  # fmt: skip
_Bound = tuple[str, str]


def read(place: Place, words: str) -> Outcome | None:
    """Read what a value must be."""
    if not hint("checked").search(words):
        return None
    words = _from_name(words)
    missing: Outcome | None = None
    for kind, form in forms("checked"):
        if found := form.match(words):
            name, than = found.group("name"), found.group("than")
            outcome = _read(place, name, than, holds=kind == "is")
            if outcome is not None and outcome.spec is not None:
                return outcome
            if outcome is not None and _SURE.search(words):
                missing = missing or outcome
    return missing


def _from_name(words: str) -> str:
    """Return a clause from the name on that it is about: `a name and a balance that must be positive`."""
    words = re.sub(r"^(?:and|but|also|so) ", "", words)
    words = re.sub(r"^.+(?:,| with| has| have| and) (?=(?:\w+ ){1,4}(?:that|which) )", "", words).strip()
    return re.sub(rf" (?:that|which) (?={wording('must')}|{wording('never')})", " ", words)


def _read(place: Place, name: str, than: str, *, holds: bool) -> Outcome | None:
    """Return the outcome for the first entity that has the field; one without a spec if nothing fits it."""
    missing: Outcome | None = None
    for entity in place.about:
        field = place.known.field(entity, name)
        if field is None or field.type in {"children", "references"}:
            continue
        bounds = _bounds(place.known, entity, field, than, holds)
        if any(sign in {">", ">="} and limit.startswith(("today", "now")) for sign, limit in bounds):
            return Outcome(
                note=f"once that day has come, {field.name} would be wrong in what is changed later"
            )
        if bounds and (outcome := _with(place, entity, field, bounds)):
            return outcome
        if _is_comparison(than):
            note = f"there is nothing in {entity.name} to compare {field.name} with so"
            missing = missing or Outcome(note=note)
    return missing


def _is_comparison(than: str) -> bool:
    return bool(
        re.match(r"(?:after|before|later|earlier|more|less|at least|at most|greater|lower|exceed)\b", than)
    )


@cache
def _signs() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (sign, re.compile(rf"^(?:{form.pattern}) (?P<rest>.+)$")) for sign, form in forms("compared")
    )


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
        low = comparand(known, entity, field, found.group(1))
        high = comparand(known, entity, field, found.group(2))
        return [(">=", low), ("<=", high)] if holds and low and high else []
    return _compared(known, entity, field, than, holds)


def _compared(known: Known, entity: Entity, field: Field, than: str, holds: bool) -> list[_Bound]:
    """Return the sign and what stands behind it, of `after start date`, `at least 1`, `18 or more`."""
    than = re.sub(
        r"^(\S+) or (?:more|higher|greater|above)$|^(\d+) ?\+$", lambda m: f"at least {m[1] or m[2]}", than
    )
    than = re.sub(r"^(\S+) or (?:less|lower|fewer|below)$", r"at most \1", than)
    than = re.sub(r"^minimum ", "at least ", than)
    than, late = _later(than)
    for sign, pattern in _signs():
        if found := pattern.match(than):
            limit = comparand(known, entity, field, found.group("rest"))
            if limit is not None and late and holds:
                return [(">=", f"{limit} + {late}") if late > 0 else ("<=", f"{limit} - {-late}")]
            if limit is not None and not late:
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
    said = " and ".join(f"{field.name} {sign} {limit}" for sign, limit in bounds)
    note = f"{entity.name}: {said}, because the text says so"
    limited = field
    rules: list[Rule] = []
    for sign, limit in bounds:
        end = _end(field, sign, limit)
        if end is not None:
            limited = msgspec.structs.replace(limited, **{end[0]: end[1]})
        else:
            rules.append(_rule(place, entity, field, sign, limit))
    changed = with_field(entity, limited) if limited is not field else entity
    changed = msgspec.structs.replace(
        changed, rules=(*changed.rules, *(r for r in rules if r not in changed.rules))
    )
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


def _rule(place: Place, entity: Entity, field: Field, sign: str, limit: str) -> Rule:
    other = next((each for each in entity.fields if each.name == limit), None)
    said = _SAID_OF_DAYS if place.known.kind(entity, field) in MOMENTS else _SAID
    title = other.title[:1].lower() + other.title[1:] if other else limit.replace("_", " ")
    title = title.replace(" * ", " times ").replace(" + ", " plus ").replace(" - ", " minus ")
    return Rule(
        kind="check",
        expression=f"{field.name} {sign} {limit}",
        fields=(field.name,)
        if field.type not in {"computed", "children"}
        else (other.name,)
        if other
        else (),
        message=f"{field.title} must be {said[sign]} {title}." if place.english else None,
    )
