"""What asks in a browser tab before a record is deleted."""

from collections.abc import Mapping

from reflex.event import EventSpec

from dataforms.errors import DataError, UnknownRecord
from dataforms.spec import Entity
from dataforms.ui.shapes import Question
from dataforms.ui.state_app import handler, toast
from dataforms.ui.state_table import TableState
from dataforms.words import say

NO_QUESTION: Question = {"open": False, "record": "", "label": "", "singular": "", "problem": ""}


class QuestionState(TableState, mixin=True):
    """The question in front of the table."""

    question: Question = NO_QUESTION

    @handler
    def ask_delete(self, record: str, label: str) -> None:
        """Ask whether a record shall go."""
        _, entity = self._here()
        self.question = {
            "open": True,
            "record": record,
            "label": label,
            "singular": entity.title,
            "problem": "",
        }

    @handler
    def question_open_changed(self, is_open: bool) -> None:
        """Follow the question, which Escape closes."""
        self.question = {**self.question, "open": is_open}

    @handler
    def delete(self) -> EventSpec | None:
        """Delete the record that was asked about; keep the question, with the reason, if it must stay."""
        app, entity = self._here()
        try:
            gone = app.database.delete(entity.name, int(self.question["record"]))
        except UnknownRecord:
            gone = None  # somebody else was faster, and it is gone all the same
        except DataError as refused:
            self.question = {**self.question, "problem": f"{refused} {refused.hint}".strip()}
            return None
        self.question = {**self.question, "open": False}
        self._reload_all(app)
        if gone is None:
            return toast(say("{entity} deleted", entity=entity.title))
        return self._deleted_toast(entity, gone.item, gone.unlinked)

    def _deleted_toast(self, entity: Entity, item: int, unlinked: Mapping[str, int]) -> EventSpec:
        """Return what tells of a delete."""
        return toast(say("{entity} deleted", entity=entity.title))

    def _close_all(self) -> None:
        super()._close_all()
        self.question = NO_QUESTION
