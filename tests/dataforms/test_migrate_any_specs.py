"""From any spec to any other and back: every record is as it was."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from migrating import Folder, app, entity, field
from postgres import Server

from dataforms.errors import RecordInvalid
from dataforms.relations import related
from dataforms.spec import AppSpec, Entity, Field, Relation

pytestmark = pytest.mark.e2e
TYPES = ("text", "integer", "money", "boolean", "date", "duration", "enum", "multi_enum", "auto_number",
         "file", "image")  # fmt: skip
DEFAULTS = {
    **{"text": "x", "integer": 1, "money": "2.50", "boolean": True, "date": "2026-01-02"},
    **{"duration": "1:00:00", "enum": "b", "multi_enum": ("b",)},
}
VALUES = ("b", "1", "2.50", "2026-01-02", "1:30:00", "true", "x")
FILE = '{"name": "a.png", "size": 3, "type": "image/png", "digest": "%s"}' % ("0" * 64)
ENTITIES = ("One", "Two", "Three")


EXAMPLES = settings(derandomize=True, deadline=None, database=None, phases=(Phase.generate,))


@st.composite
def fields(draw: st.DrawFn, name: str, targets: Sequence[str]) -> Field:
    type = draw(st.sampled_from((*TYPES, "reference", "references", "references")))
    more: dict[str, Any] = {}
    if type in ("reference", "references"):
        return field(name, type, target=draw(st.sampled_from(targets)))
    if type in ("enum", "multi_enum"):
        more["choices"] = draw(st.sampled_from((("a", "b"), ("b", "c"), ("1", "b", "x"))))
    if type in DEFAULTS and draw(st.booleans()):
        more |= {"required": True, "default": DEFAULTS[type]}
    elif type in ("text", "integer", "date"):
        more["unique"] = draw(st.booleans())
    return field(name, type, **more)


@st.composite
def specs(draw: st.DrawFn) -> AppSpec:
    names = ["One", *draw(st.lists(st.sampled_from(ENTITIES[1:]), unique=True))]
    made: list[Entity] = []
    for name in names:
        chosen = draw(st.lists(st.sampled_from("pqrst"), unique=True, max_size=4))
        made.append(entity(name, field("label"), *(draw(fields(each, names)) for each in chosen)))
    linked = len(names) > 1 and draw(st.booleans())
    links = (Relation(from_=names[0], to=names[1], kind="m2m"),) if linked else ()
    return app(*made, relations=links)


def fill(folder: Folder, spec: AppSpec) -> None:
    """Insert records with every value that each field takes; those that break a rule are left out."""
    database = folder.database()
    for place, value in enumerate(VALUES):
        for each in related(spec).entities:
            raw: dict[str, Any] = {"label": f"{each.name} {place}"}
            for known in each.fields[1:]:
                if known.type != "auto_number":
                    raw[known.name] = _raw(known, place, value)
            _insert(database, each.name, raw)
    database.close()


def _raw(known: Field, place: int, value: str) -> str:
    match known.type:
        case "reference":
            return str(place // 2 + 1)
        case "references":
            return f"[{place // 2 + 1}, {place // 3 + 1}]"
        case "file" | "image":
            return FILE
        case _:
            return value


def _insert(database: Any, name: str, raw: dict[str, Any]) -> None:
    while True:
        try:
            database.insert(name, raw)
        except RecordInvalid as invalid:
            for wrong in invalid.errors:
                del raw[wrong]
            continue
        return


def rows(folder: Folder, spec: AppSpec) -> dict[str, Any]:
    return {each.name: folder.rows(each.name) for each in spec.entities}


def there_and_back(first: AppSpec, second: AppSpec, url: str = "") -> None:
    with TemporaryDirectory() as path:
        folder = Folder(Path(path), first, url)
        fill(folder, first)
        before = rows(folder, first)
        plan = folder.plan(second)
        if plan.obstacles or not plan.changes:
            assert all(each.rows for each in plan.obstacles)
        else:
            assert folder.make(second).hash == plan.hash
            rows(folder, second)
            folder.down()
        assert rows(folder, first) == before
        folder.migrations.close()


@given(specs(), specs())
@settings(EXAMPLES, max_examples=15)
def test_the_way_back_from_any_spec_leads_to_the_same_records(first: AppSpec, second: AppSpec) -> None:
    there_and_back(first, second)


@given(specs(), specs())
@settings(EXAMPLES, max_examples=8)
def test_so_it_does_on_postgresql(postgresql: Server, first: AppSpec, second: AppSpec) -> None:
    with postgresql.schema() as url:
        there_and_back(first, second, url)
