"""An import in a browser tab: the file, the plan, how far it is, and what it came to."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import reflex as rx
from msgspec.structs import replace

from dataforms.errors import DataError
from dataforms.importing.messages import Finished, Looked, Message, Progressed, Refused, Request
from dataforms.importing.plan import Plan
from dataforms.ui import present_import
from dataforms.ui.present_import import NO_OUTCOME, ColumnRow, Outcome
from dataforms.ui.shapes import Choice
from dataforms.ui.state_app import handler
from dataforms.ui.state_table import TableState
from dataforms.words import number, say, spoken

NO_CHOICES: dict[str, str] = {"key": "-", "matched": "update", "unmatched": "insert", "blank": "keep"}


class ImportState(TableState, mixin=True):
    """The import page."""

    import_step: str = "choose"
    """`choose`, `looking`, `plan`, `running` or `done`."""
    import_name: str = ""
    import_problem: str = ""
    import_notes: list[str] = []  # noqa: RUF012 - Reflex copies defaults, here and below
    import_sheets: list[Choice] = []  # noqa: RUF012
    import_columns: list[ColumnRow] = []  # noqa: RUF012
    import_keys: list[Choice] = []  # noqa: RUF012
    import_choices: dict[str, str] = NO_CHOICES
    import_done: int = 0
    """Per cent."""
    import_rows: str = ""
    import_outcome: Outcome = NO_OUTCOME
    import_faulty: str = ""
    """The address of the rows that are left out."""

    _import_slug: str = ""
    _import_token: str = ""
    _import_sheet: str = ""
    _import_plan: Any = None
    _import_cells: list[tuple[str, ...]] = []  # noqa: RUF012
    _import_run: int = 0

    @handler
    def load_import(self) -> None:
        """Show the page that asks for a file."""
        slug = self._address()[1]
        if self._import_slug != slug:  # else the connection was lost and is back: the file stays
            self._forget_import()
        self._import_slug = slug
        self._try(lambda: self._show_table(slug))
        self.page_title = say("Import · {table}", table=self.view["title"])

    @rx.event(background=True)
    async def import_uploaded(self, told: str) -> AsyncIterator[None]:
        """Look into a file that has arrived; `told` is its token and its name."""
        token, _, name = told.partition(" ")
        async with self:
            self._forget_import()
            self._import_token, self.import_name = token, name
        async for each in self._looking():
            yield each

    @rx.event(background=True)
    async def import_sheet(self, name: str) -> AsyncIterator[None]:
        """Look into another sheet of the workbook."""
        async with self:
            self._import_sheet = name
        async for each in self._looking():
            yield each

    @handler
    def import_into(self, place: int, field: str) -> None:
        """Put a column into another field."""
        app, entity = self._here()
        cells = [row[place] for row in self._import_cells if place < len(row)]
        column = self._import_plan.columns[place]
        self._change_column(place, present_import.with_field(app.spec, entity, column, field, cells))

    @handler
    def import_read_as(self, place: int, way: str) -> None:
        """Read a column in another way."""
        _, entity = self._here()
        self._change_column(place, present_import.with_way(entity, self._import_plan.columns[place], way))

    @handler
    def import_choose(self, name: str, value: str) -> None:
        """Choose what becomes of a row."""
        if name in NO_CHOICES:
            changed = None if name == "key" and value == "-" else value
            self._import_plan = replace(self._import_plan, **{name: changed})
            self._show_plan()

    @rx.event(background=True)
    async def import_try(self) -> AsyncIterator[None]:
        """Tell what the import would do."""
        async for each in self._running("rehearse"):
            yield each

    @rx.event(background=True)
    async def import_go(self) -> AsyncIterator[None]:
        """Import."""
        async for each in self._running("carry_out"):
            yield each

    @handler
    def import_cancel(self) -> None:
        """End what is running; nothing of it is kept."""
        self._end_import()

    @handler
    def import_again(self) -> None:
        """Ask for another file."""
        self._forget_import()

    async def _looking(self) -> AsyncIterator[None]:
        async with self:
            self.import_step, self.import_problem = "looking", ""
            request = self._request("look")
        async for message in _heard(request):
            async with self:
                self._take(message)
            yield

    async def _running(self, do: Any) -> AsyncIterator[None]:
        async with self:
            self._import_run += 1
            run = self._import_run
            self.import_step, self.import_done, self.import_rows = "running", 0, "0"
            self.import_problem, self.import_outcome = "", NO_OUTCOME
            request = self._request(do)
        yield
        heard = _heard(request)
        async with aclosing(heard):
            async for message in heard:
                async with self:
                    if self._import_run != run:
                        return
                    self._take(message, is_real=do == "carry_out")
                yield

    def _take(self, message: Message, *, is_real: bool = False) -> None:
        match message:
            case Looked():
                self._import_plan, self._import_cells = message.plan, list(message.rows)
                self.import_notes = list(message.notes)
                chosen = self._import_sheet or (message.sheets[0] if message.sheets else "")
                self.import_sheets = [
                    {"value": name, "text": name, "picked": name == chosen} for name in message.sheets
                ]
                self.import_step = "plan"
                self._show_plan()
            case Progressed():
                self.import_done, self.import_rows = round(message.done * 100), number(message.rows)
            case Finished():
                self.import_outcome = present_import.outcome(message.report, real=is_real)
                self.import_faulty = (
                    f"/import/{self._import_token}/faulty.csv" if message.report.faulty else ""
                )
                self.import_step = "done" if is_real else "plan"
                if is_real:
                    _tell_webhooks()
            case Refused():
                self.import_problem = f"{message.message} {message.hint}".strip()
                self.import_step = "plan" if self._import_plan is not None else "choose"

    def _request(self, do: Any) -> Request:
        from dataforms.import_routes import faulty_of, file_of  # seldom needed

        app, entity = self._here()
        token = self._import_token
        return Request(
            do=do,
            path=str(file_of(token)),
            name=self.import_name,
            entity=entity.name,
            url=app.url,
            access=app.database.access,
            sheet=self._import_sheet or None,
            plan=self._import_plan,
            faulty=str(faulty_of(token)),
            language=spoken(),
        )

    def _change_column(self, place: int, column: Any) -> None:
        plan: Plan = self._import_plan
        columns = tuple(column if each == place else old for each, old in enumerate(plan.columns))
        key = plan.key if any(each.field == plan.key for each in columns) else None
        self._import_plan = replace(plan, columns=columns, key=key)
        self._show_plan()

    def _show_plan(self) -> None:
        app, entity = self._here()
        plan: Plan = self._import_plan
        id_title, none = say("Number (id)"), say("Nothing: every row is new")
        self.import_columns = present_import.column_rows(
            app.spec, entity, plan, self._import_cells, left_out=say("Leave out"), number=id_title
        )
        self.import_keys = present_import.key_choices(entity, plan, new=none, number=id_title)
        self.import_choices = {
            "key": plan.key or "-",
            "matched": plan.matched,
            "unmatched": plan.unmatched,
            "blank": plan.blank,
        }
        self.import_outcome = NO_OUTCOME

    def _end_import(self) -> None:
        from dataforms.import_routes import file_of  # seldom needed, here and below
        from dataforms.importing.runs import cancel

        if self._import_token:
            cancel(str(file_of(self._import_token)))

    def _forget_import(self) -> None:
        self._end_import()
        self._import_run += 1
        self._import_token = self._import_sheet = ""
        self._import_plan, self._import_cells = None, []
        self.import_step, self.import_name, self.import_problem, self.import_faulty = "choose", "", "", ""
        self.import_notes, self.import_sheets, self.import_columns = [], [], []
        self.import_outcome = NO_OUTCOME


def _tell_webhooks() -> None:
    from dataforms.rest.outbox import MARK  # seldom needed

    if MARK.exists():
        from dataforms.rest.delivery import look_again

        look_again()


async def _heard(request: Request) -> AsyncGenerator[Message, None]:
    from dataforms.importing.runs import messages  # seldom needed

    try:
        async for message in messages(request):
            yield message
    except (OSError, DataError) as error:
        yield Refused(message=say("The file cannot be read now: {error}.", error=error))
