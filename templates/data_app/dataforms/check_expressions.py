"""What is wrong with the expressions of a spec: computed fields, conditions, checks. Imports neither
SQLAlchemy nor Reflex.
"""

from collections.abc import Iterator

from dataforms.computed import RESULTS
from dataforms.errors import ExpressionInvalid
from dataforms.meaning import understand
from dataforms.names import did_you_mean, title_problems
from dataforms.scope import SpecScope, meaning_of
from dataforms.spec import AppSpec, Entity, Field, Problem, Rule

_CONDITIONS = ("visible_when", "required_when", "read_only_when")
_CHOSEN = ("enum", "multi_enum")


def expression_problems(path: str, entity: Entity, spec: AppSpec) -> Iterator[Problem]:
    """Yield every fault of the expressions in an entity whose names are right."""
    for place, field in enumerate(entity.fields):
        yield from _field_problems(f"{path}.fields[{place}]", field, entity, spec)
    for place, rule in enumerate(entity.rules):
        if rule.kind == "check":
            yield from _check_problems(f"{path}.rules[{place}]", rule, entity, spec)


def condition_problems(path: str, text: str, entity: Entity, spec: AppSpec) -> Iterator[Problem]:
    """Yield what is wrong with a condition over the records of an entity."""
    try:
        understand(text, SpecScope(spec, entity), wanted=("boolean",))
    except ExpressionInvalid as error:
        yield _told(path, text, error)


def _field_problems(path: str, field: Field, entity: Entity, spec: AppSpec) -> Iterator[Problem]:
    if field.type == "computed":
        yield from _computed_problems(path, field, entity, spec)
    for name in _CONDITIONS:
        text = getattr(field, name)
        if text is None:
            continue
        if field.type in ("computed", "children", "auto_number"):
            yield Problem(
                path=f"{path}.{name}",
                message=f"A field of type {field.type} has no {name}.",
                hint="Remove it.",
            )
            continue
        yield from condition_problems(f"{path}.{name}", text, entity, spec)
    yield from _choices_problems(f"{path}.choices_when", field, entity, spec)


def _computed_problems(path: str, field: Field, entity: Entity, spec: AppSpec) -> Iterator[Problem]:
    path = f"{path}.expression"
    if field.expression is None:
        yield Problem(
            path=path, message="A computed field needs an expression.", hint="Such as quantity * price."
        )
        return
    try:
        kind = meaning_of(spec, entity, field).kind
    except ExpressionInvalid as error:
        yield _told(path, field.expression, error)
        return
    if kind.name not in RESULTS:
        yield Problem(path=path, message="It gives nothing that can be shown.", hint="Give a field of it.")


def _choices_problems(path: str, field: Field, entity: Entity, spec: AppSpec) -> Iterator[Problem]:
    if field.choices_when and field.type not in _CHOSEN:
        yield Problem(path=path, message=f"A field of type {field.type} has no choices.", hint="Remove it.")
        return
    for place, entry in enumerate(field.choices_when):
        here = f"{path}[{place}]"
        yield from condition_problems(f"{here}.when", entry.when, entity, spec)
        for number, choice in enumerate(entry.choices):
            if choice not in field.choices:
                yield Problem(
                    path=f"{here}.choices[{number}]",
                    message=f"{choice[:80]!r} is not one of the field's choices.",
                    hint=did_you_mean(choice, field.choices),
                )


def _check_problems(path: str, rule: Rule, entity: Entity, spec: AppSpec) -> Iterator[Problem]:
    if rule.expression is None:
        yield Problem(
            path=f"{path}.expression",
            message="A check needs an expression.",
            hint="Such as end >= start.",
        )
    else:
        yield from condition_problems(f"{path}.expression", rule.expression, entity, spec)
    yield from title_problems(f"{path}.message", rule.message)


def _told(path: str, text: str, error: ExpressionInvalid) -> Problem:
    where = f" (at {text[error.at :][:20]!r})" if 0 < error.at < len(text) else ""
    return Problem(path=path, message=f"{error}{where}", hint=error.hint)
