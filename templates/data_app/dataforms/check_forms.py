"""What is wrong with the sections and steps of a form. Imports neither SQLAlchemy nor Reflex."""

from collections.abc import Iterator

from dataforms.forms import is_shared, is_shown
from dataforms.names import did_you_mean, prose_problems, title_problems
from dataforms.spec import AppSpec, Entity, Problem, Section, View
from dataforms.types import TYPES

COLUMNS_LIMIT = 3


def form_problems(path: str, view: View, entity: Entity, spec: AppSpec) -> Iterator[Problem]:
    """Yield every fault of the parts of a view of `entity`."""
    for name, parts in (("sections", view.sections), ("steps", view.steps)):
        if parts and view.kind != "form":
            yield Problem(
                path=f"{path}.{name}", message=f"A {view.kind} has no {name}.", hint="Make it a form."
            )
        for place, part in enumerate(parts):
            yield from _part_problems(f"{path}.{name}[{place}]", part, entity, spec)
    if view.sections and view.steps:
        yield Problem(
            path=f"{path}.steps",
            message="A form has sections or steps, not both.",
            hint="Remove one of them.",
        )
    yield from prose_problems(f"{path}.thanks", view.thanks)
    if view.kind == "form":
        yield from _twice_problems(path, view)
        yield from _missing_problems(path, view, entity)


def _part_problems(path: str, part: Section, entity: Entity, spec: AppSpec) -> Iterator[Problem]:
    yield from title_problems(f"{path}.title", part.title)
    yield from prose_problems(f"{path}.help", part.help)
    if not 1 <= part.columns <= COLUMNS_LIMIT:
        yield Problem(path=f"{path}.columns", message=f"Must be from 1 to {COLUMNS_LIMIT}.")
    if not part.fields:
        yield Problem(path=f"{path}.fields", message="There is no field.", hint="Name some, or remove it.")
    known = {field.name: field for field in entity.fields}
    for place, name in enumerate(part.fields):
        here = f"{path}.fields[{place}]"
        if name not in known:
            yield Problem(
                path=here,
                message=f"{entity.name} has no field {name[:80]!r}.",
                hint=did_you_mean(name, known),
            )
        elif known[name].type in TYPES and not is_shown(known[name]):
            yield Problem(path=here, message=f"{name} is never shown in a form.", hint="Remove it.")
        elif is_shared(spec.entities, known[name]):
            yield Problem(
                path=here,
                message=f"{name} are records that others may name too, so they are not changed in this form.",
                hint="Remove it.",
            )


def _twice_problems(path: str, view: View) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for word, parts in (("sections", view.sections), ("steps", view.steps)):
        for number, part in enumerate(parts):
            for place, name in enumerate(part.fields):
                here = f"{path}.{word}[{number}].fields[{place}]"
                if first.setdefault(name, here) != here:
                    yield Problem(
                        path=here, message=f"{name} is there already, at {first[name]}.", hint="Remove it."
                    )


def _missing_problems(path: str, view: View, entity: Entity) -> Iterator[Problem]:
    """Yield the fields without which nothing could be added."""
    named = {*view.fields, *(name for part in (*view.sections, *view.steps) for name in part.fields)}
    for field in entity.fields:
        if (
            named
            and field.name not in named
            and field.required
            and field.default is None
            and not field.hidden
        ):
            word = "steps" if view.steps else "sections" if view.sections else "fields"
            yield Problem(
                path=f"{path}.{word}",
                message=f"{field.name} is required and not in the form, so no record could be added.",
                hint="Add it, or give it a default.",
            )
