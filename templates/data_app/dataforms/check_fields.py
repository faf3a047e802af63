"""What is wrong with one field of an entity, by itself. Must import neither SQLAlchemy nor Reflex."""

import re
from collections.abc import Iterator

from dataforms.errors import FieldError
from dataforms.names import FIELD_NAME, NAME_LENGTH, RESERVED_FIELDS, prose_problems, title_problems
from dataforms.patterns import pattern_fault
from dataforms.sniffing import may_be
from dataforms.spec import Field, Problem
from dataforms.types import TYPES, default_value
from dataforms.types_file import ACCEPTED, MAX_MIB_LIMIT, PICTURES
from dataforms.types_number import MONEY_PLACES
from dataforms.types_time import wall_clock

CHOICES_LIMIT = 1_000
UNIT_LENGTH = 20
_CHOSEN = ("enum", "multi_enum")
TARGETED = ("reference", "references", "children")
"""The types of fields that lead to other records."""


def field_problems(path: str, field: Field) -> Iterator[Problem]:
    """Yield every fault of a field that can be seen without the rest of the spec."""
    yield from _name_problems(f"{path}.name", field.name)
    yield from title_problems(f"{path}.title", field.title)
    yield from prose_problems(f"{path}.help", field.help)
    yield from title_problems(f"{path}.placeholder", field.placeholder)
    rules = [
        *_choice_problems(path, field),
        *_bound_problems(path, field),
        *_pattern_problems(path, field),
        *_number_problems(path, field),
        *_file_problems(path, field),
    ]
    yield from rules
    yield from _key_problems(path, field)
    if field.default is not None and not rules:
        yield from _default_problems(path, field)
    if not rules:
        yield from _example_problems(f"{path}.examples", field)
    yield from _never_filled(path, field)


def _name_problems(path: str, name: str) -> Iterator[Problem]:
    if not FIELD_NAME.fullmatch(name):
        yield Problem(
            path=path,
            message=f"{name[:80]!r} cannot be the name of a field.",
            hint=f"Use lower case letters, digits and _, a letter first, at most {NAME_LENGTH}; "
            "the title may be anything.",
        )
    elif name in RESERVED_FIELDS:
        yield Problem(
            path=path,
            message=f"The name {name!r} is reserved for the key of every record.",
            hint="Choose another one, such as 'code' or 'number'.",
        )


def _choice_problems(path: str, field: Field) -> Iterator[Problem]:
    path = f"{path}.choices"
    if field.type not in _CHOSEN:
        if field.choices:
            yield Problem(
                path=path, message=f"A field of type {field.type} has no choices.", hint="Make it an enum."
            )
        return
    if not field.choices:
        yield Problem(path=path, message="There are no choices.", hint='List them: ["Open", "Closed"].')
    if len(field.choices) > CHOICES_LIMIT:
        yield Problem(
            path=path,
            message=f"There are {len(field.choices)} choices; {CHOICES_LIMIT} are possible.",
            hint="Make them records of an entity of their own, and this a reference.",
        )
    known: set[str] = set()
    for place, choice in enumerate(field.choices):
        yield from title_problems(f"{path}[{place}]", choice)
        if choice in known:
            yield Problem(
                path=f"{path}[{place}]", message=f"The choice {choice!r} is there twice.", hint="Remove one."
            )
        known.add(choice)


def _bound_problems(path: str, field: Field) -> Iterator[Problem]:
    row = TYPES[field.type]
    limits: dict[str, object] = {}
    for end, bound in (("min", field.min), ("max", field.max)):
        if bound is None:
            continue
        if row.bounds is None:
            yield Problem(
                path=f"{path}.{end}", message=f"A field of type {field.type} has no {end}.", hint="Remove it."
            )
            continue
        try:
            limits[end] = row.limit(bound, field)
        except FieldError as error:
            yield Problem(
                path=f"{path}.{end}",
                message=f"{bound!r} cannot be the {end} of a field of type {field.type}.",
                hint=str(error),
            )
    if len(limits) == 2 and limits["min"] > limits["max"]:  # type: ignore[operator]  # both are of the type's values
        yield Problem(
            path=f"{path}.min",
            message=f"The min {field.min} is greater than the max {field.max}.",
            hint="Swap them.",
        )


def _pattern_problems(path: str, field: Field) -> Iterator[Problem]:
    if field.pattern is None:
        return
    path = f"{path}.pattern"
    if not TYPES[field.type].pattern:
        yield Problem(path=path, message=f"A field of type {field.type} has no pattern.", hint="Remove it.")
        return
    fault = pattern_fault(field.pattern)
    if fault is not None:
        yield Problem(path=path, message=f"The pattern {fault.message}.", hint=fault.hint)


def _number_problems(path: str, field: Field) -> Iterator[Problem]:
    if field.places is not None:
        most = {"money": MONEY_PLACES, "decimal": 15, "percent": 15}.get(field.type)
        if most is None:
            yield Problem(
                path=f"{path}.places",
                message=f"A field of type {field.type} has no places.",
                hint="Remove it.",
            )
        elif not 0 <= field.places <= most:
            yield Problem(path=f"{path}.places", message=f"Must be from 0 to {most}, for {field.type}.")
    if field.currency is not None:
        if field.type != "money":
            yield Problem(
                path=f"{path}.currency",
                message=f"A field of type {field.type} has no currency.",
                hint="Make it money.",
            )
        elif not re.fullmatch(r"[A-Z]{3}", field.currency):
            yield Problem(
                path=f"{path}.currency",
                message=f"{field.currency[:40]!r} is no currency.",
                hint="Use three letters: EUR.",
            )
    yield from title_problems(f"{path}.unit", field.unit)


def _file_problems(path: str, field: Field) -> Iterator[Problem]:
    media = TYPES[field.type].media
    if not media:
        for word, is_said in (("accept", bool(field.accept)), ("max_mib", field.max_mib is not None)):
            if is_said:
                yield Problem(
                    path=f"{path}.{word}",
                    message=f"A field of type {field.type} has no {word}.",
                    hint="Make it a file or an image.",
                )
        return
    for place, accepted in enumerate(field.accept):
        if not ACCEPTED.fullmatch(accepted):
            yield Problem(
                path=f"{path}.accept[{place}]",
                message=f"{accepted[:80]!r} is neither a media type nor the ending of a name.",
                hint="Use one such as application/pdf, image/* or .pdf.",
            )
        elif media == PICTURES and not _is_picture(accepted):
            yield Problem(
                path=f"{path}.accept[{place}]",
                message=f"{accepted} is no image that browsers show.",
                hint=f"Use some of {', '.join(PICTURES)}, or make it a file.",
            )
    if field.max_mib is not None and not 1 <= field.max_mib <= MAX_MIB_LIMIT:
        yield Problem(path=f"{path}.max_mib", message=f"Must be from 1 to {MAX_MIB_LIMIT}, in MiB.")


def _is_picture(accepted: str) -> bool:
    return any(may_be(kind, f"file{accepted}", accepted) for kind in PICTURES)


def _key_problems(path: str, field: Field) -> Iterator[Problem]:
    if field.unique and not TYPES[field.type].unique:
        yield Problem(
            path=f"{path}.unique",
            message=f"A field of type {field.type} cannot be unique.",
            hint="Remove it.",
        )
    if field.expression is not None and field.type != "computed":
        yield Problem(
            path=f"{path}.expression", message="Only computed fields have an expression.", hint="Remove it."
        )
    if field.via is not None and field.type != "children":
        yield Problem(path=f"{path}.via", message="Only children have a via.", hint="Remove it.")
    if field.required and field.type in ("computed", "children"):
        yield Problem(
            path=f"{path}.required",
            message=f"Nobody fills in a field of type {field.type}.",
            hint="Remove it.",
        )
    if field.target is not None and field.type not in TARGETED:
        yield Problem(
            path=f"{path}.target",
            message=f"A field of type {field.type} has no target.",
            hint="Make it a reference, or remove the target.",
        )


def _default_problems(path: str, field: Field) -> Iterator[Problem]:
    row = TYPES[field.type]
    if row.computed or row.media or field.type in TARGETED:
        yield Problem(
            path=f"{path}.default", message=f"A field of type {field.type} has no default.", hint="Remove it."
        )
        return
    try:
        default_value(field, wall_clock())
    except FieldError as error:
        yield Problem(
            path=f"{path}.default",
            message=f"The default {str(field.default)[:80]!r} is not right for the field.",
            hint=str(error),
        )


def _example_problems(path: str, field: Field) -> Iterator[Problem]:
    row = TYPES[field.type]
    if field.examples and row.sample is None:
        yield Problem(
            path=path, message=f"A field of type {field.type} has no examples.", hint="Remove them."
        )
        return
    for place, example in enumerate(field.examples):
        try:
            row.parse(example, field)
        except FieldError as error:
            yield Problem(
                path=f"{path}[{place}]",
                message=f"The example {str(example)[:80]!r} is not right for the field.",
                hint=str(error),
            )


def _never_filled(path: str, field: Field) -> Iterator[Problem]:
    if field.required and field.default is None and not TYPES[field.type].computed:
        for word, is_shut in (("read_only", field.read_only), ("hidden", field.hidden)):
            if is_shut:
                yield Problem(
                    path=f"{path}.{word}",
                    message="A required field that nobody can fill in needs a default.",
                    hint=f"Give it a default, or remove required or {word}.",
                )
