"""The app's data layer: `.venv/bin/python -m unittest discover tests`. Add tests of your own beside this."""

import tempfile
import unittest
from pathlib import Path

from dataforms.check import problems_in
from dataforms.database import Database
from dataforms.errors import RecordInvalid
from dataforms.spec import AppSpec, Entity, Field

SPEC_FILE = Path(__file__).resolve().parent.parent / "appspec.json"

NOTES = AppSpec(
    name="notes",
    title="Notes",
    entities=(
        Entity(
            name="Note",
            title="Note",
            fields=(
                Field(name="title", title="Title", type="text", required=True),
                Field(name="pages", title="Pages", type="integer", min=1),
            ),
        ),
    ),
)


class AppTest(unittest.TestCase):
    def open(self, spec: AppSpec) -> Database:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        database = Database(spec, f"sqlite:///{folder.name}/test.db")
        self.addCleanup(database.close)
        database.create()
        return database

    def test_the_spec_has_no_faults(self) -> None:
        spec, problems = problems_in(SPEC_FILE.read_bytes())
        self.assertIsNotNone(spec)
        self.assertEqual(problems, ())

    def test_every_table_can_be_made(self) -> None:
        spec, _ = problems_in(SPEC_FILE.read_bytes())
        assert spec is not None
        counts = self.open(spec).counts()
        self.assertEqual(counts, {entity.name: 0 for entity in spec.entities})

    def test_a_record_is_stored_as_it_was_given(self) -> None:
        database = self.open(NOTES)
        number = database.insert("Note", {"title": "First", "pages": 3})
        record = database.get("Note", number)
        assert record is not None
        self.assertEqual((record.values["title"], record.values["pages"]), ("First", 3))

    def test_a_record_that_breaks_a_rule_is_refused(self) -> None:
        database = self.open(NOTES)
        with self.assertRaises(RecordInvalid) as refused:
            database.insert("Note", {"title": "First", "pages": 0})
        self.assertEqual(list(refused.exception.errors), ["pages"])


if __name__ == "__main__":
    unittest.main()
