"""From any spec to any other and back: every record is as it was."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from migrating import Folder, app, entity, field

from dataforms.spec import AppSpec, Entity, Field, Relation

pytestmark = pytest.mark.e2e
TYPES = ("text", "integer", "money", "boolean", "date", "duration", "enum", "multi_enum", "auto_number")
DEFAULTS = {
    **{"text": "x", "integer": 1, "money": "2.50", "boolean": True, "date": "2026-01-02"},
    **{"duration": "1:00:00", "enum": "b", "multi_enum": ("b",)},
}
VALUES = ("b", "1", "2.50", "2026-01-02", "1:30:00", "true", "x")
ENTITIES = ("One", "Two", "Three")


@st.composite
def fields(draw: st.DrawFn, name: str) -> Field:
    type = draw(st.sampled_from((*TYPES, "reference")))
    more: dict[str, Any] = {}
    if type == "reference":
        return field(name, type, target="One")
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
        made.append(entity(name, field("label"), *(draw(fields(each)) for each in chosen)))
    linked = len(names) > 1 and draw(st.booleans())
    links = (Relation(from_=names[0], to=names[1], kind="m2m"),) if linked else ()
    return app(*made, relations=links)


def fill(folder: Folder, spec: AppSpec) -> None:
    """Insert records with every value that each field takes; those that break a rule are left out."""
    database = folder.database()
    for place, value in enumerate(VALUES):
        for each in spec.entities:
            raw: dict[str, Any] = {"label": f"{each.name} {place}"}
            for known in each.fields[1:]:
                if known.type != "auto_number":
                    raw[known.name] = str(place // 2 + 1) if known.type == "reference" else value
            _insert(database, each.name, raw)
    database.close()


def _insert(database: Any, name: str, raw: dict[str, Any]) -> None:
    from dataforms.errors import RecordInvalid

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


@given(specs(), specs())
@settings(max_examples=15, derandomize=True, deadline=None, database=None, phases=(Phase.generate,))
def test_the_way_back_from_any_spec_leads_to_the_same_records(first: AppSpec, second: AppSpec) -> None:
    with TemporaryDirectory() as path:
        folder = Folder(Path(path), first)
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
