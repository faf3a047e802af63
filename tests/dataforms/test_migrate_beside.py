"""Deleted records and saved views follow a changed spec; indexes of large tables go and are made again."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from migrating import Folder, app, entity, field

from dataforms.database import Database, Query
from dataforms.spec import AppSpec
from dataforms.tuning import LARGE

pytestmark = pytest.mark.e2e
TAG = entity("Tag", field("name"))
NOTE = entity(
    "Note",
    field("title"),
    field("due", "date"),
    field("days"),
    field("tags", "references", target="Tag"),
)
VIEW = {
    **{"sort": "-due", "group": "days", "columns": "title,due,days", "totals": "due:min,days:count"},
    **{"filter": '{"all":[["due","empty"],{"any":[["days","contains","4"]]},["title","contains","a"]]}'},
    **{"size": "50", "after": "somewhere"},
}
RENAMES = {"Note": "Memo", "Note.due": "due_on", "Tag": "Label"}
CHANGED = app(
    entity(
        "Memo",
        field("title"),
        field("due_on", "date"),
        field("tags", "references", target="Label"),
    ),
    entity("Label", *TAG.fields),
)


@pytest.fixture
def folder(tmp_path: Path, url: str) -> Iterator[Folder]:
    folder = Folder(tmp_path, app(NOTE, TAG), url)
    note = {"title": "a", "due": "2026-01-02", "days": "14", "tags": [1]}
    folder.fill(Tag=[{"name": "x"}, {"name": "y"}], Note=[note, {"title": "b", "tags": [2]}])
    yield folder
    folder.migrations.close()


@pytest.fixture
def database(folder: Folder) -> Iterator[Database]:
    database = folder.database()
    yield database
    database.close()


def restored(folder: Folder, name: str) -> dict[str, object]:
    """Restore the record of an entity that was deleted last, and return its values."""
    database = folder.database()
    (item,) = database.deleted(name)
    assert database.restore(name, [item.id]).refused == ()
    found = database.get(name, item.record)
    assert found is not None
    database.close()
    return dict(found.values)


def test_a_deleted_record_can_be_restored_under_the_new_names(folder: Folder, database: Database) -> None:
    database.delete("Note", 1)
    folder.make(CHANGED, RENAMES)
    values = restored(folder, "Memo")
    assert (values["title"], str(values["due_on"]), values["tags"]) == ("a", "2026-01-02", (1,))


def test_a_deleted_record_comes_back_with_what_its_fields_were(folder: Folder, database: Database) -> None:
    database.delete("Note", 1)
    folder.make(app(entity("Note", field("due"), field("days", "boolean"), NOTE.fields[3]), TAG))
    folder.down()
    values = restored(folder, "Note")
    assert (values["title"], str(values["due"]), values["days"]) == ("a", "2026-01-02", "14")


def test_a_deleted_record_has_what_converts(folder: Folder, database: Database) -> None:
    database.delete("Note", 1)
    tag = field("tags", "reference", target="Tag")
    folder.make(app(entity("Note", field("title", "integer"), field("days", "integer"), tag), TAG))
    values = restored(folder, "Note")
    assert (values["title"], values["days"], values["tags"]) == (None, 14, 1)


def test_who_was_linked_to_a_deleted_record_is_again(folder: Folder, database: Database) -> None:
    database.delete("Tag", 2)
    folder.make(CHANGED, RENAMES)
    restored(folder, "Label")
    assert folder.column("Memo", "tags") == [(1,), (2,)]


def test_a_saved_view_keeps_what_still_makes_sense(folder: Folder, database: Database) -> None:
    database.save_view("Note", "Late", VIEW)
    database.save_view("Tag", "All", {"sort": "name"})
    folder.make(CHANGED, RENAMES)
    changed = folder.database()
    assert [each.parameters for each in changed.views("Memo")] == [
        {
            **{"sort": "-due_on", "columns": "title,due_on", "totals": "due_on:min", "size": "50"},
            **{"filter": '{"all":[["due_on","empty"],["title","contains","a"]]}'},
        }
    ]
    assert [each.parameters for each in changed.views("Label")] == [{"sort": "name"}]
    changed.close()
    folder.down()
    assert [each.parameters for each in database.views("Note")] == [VIEW]


def test_a_condition_that_its_field_does_not_take_any_more_goes(folder: Folder, database: Database) -> None:
    database.save_view("Note", "Fours", {"filter": '{"all":[["days","contains","4"]]}', "sort": "days"})
    folder.make(app(entity("Note", field("title"), field("days", "integer")), TAG))
    assert [each.parameters for each in database.views("Note")] == [{"sort": "days"}]


def test_files_of_what_is_removed_are_still_used(tmp_path: Path, url: str) -> None:
    def spec(type: str) -> AppSpec:
        return app(entity("Note", field("title"), *([field("scan", type)] if type else [])), TAG)

    folder = Folder(tmp_path, spec("file"), url)
    scan = {"name": "a.pdf", "size": 3, "type": "application/pdf", "digest": "0" * 64}
    folder.fill(Note=[{"title": "a", "scan": scan}, {"title": "b", "scan": {**scan, "digest": "1" * 64}}])
    database = folder.database()
    database.delete("Note", 2)
    database.close()
    for changed in (spec(""), spec("text"), app(TAG)):
        folder.make(changed)
        database = folder.database()
        assert {each.digest[0] for each in database.attachments()} == {"0", "1"}
        database.close()
        folder.down()
    assert str(folder.column("Note", "scan")[0]).count("0" * 64) == 1
    folder.migrations.close()


def test_indexes_of_a_large_table_go_with_its_columns_and_are_made_again(folder: Folder) -> None:
    first = folder.database()
    first.load("Note", ({"title": f"Title {number}", "days": "7"} for number in range(LARGE)))
    while not first.tune("Note"):
        pass
    first.close()
    before = indexes(folder)
    assert {name for name in before if name.startswith("dataforms_sort_")} == {
        "dataforms_sort_note_title", "dataforms_sort_note_due", "dataforms_sort_note_days",
    }  # fmt: skip
    folder.make(CHANGED, RENAMES)
    assert not [name for name in indexes(folder) if name.startswith(("dataforms_sort_", "dataforms_fts_"))]
    changed = folder.database()
    while not changed.tune("Memo"):
        pass
    assert changed.page("Memo", Query(search="Title 19999", size=5)).total == 1
    changed.close()
    assert {name.replace("memo", "note").replace("due_on", "due") for name in indexes(folder)} >= {
        name for name in before if "days" not in name and name.startswith("dataforms_")
    }
    folder.down()
    assert not [name for name in indexes(folder) if "memo" in name]


def indexes(folder: Folder) -> set[str]:
    """Return the names of all indexes, and of what else SQLite has."""
    if not folder.url.startswith("sqlite"):
        with psycopg.connect(folder.url) as connection:
            found = connection.execute("SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()")
            return {row[0] for row in found}
    with closing(sqlite3.connect(folder.path / "data" / "app.db")) as raw:
        return {row[0] for row in raw.execute("SELECT name FROM sqlite_master")}
