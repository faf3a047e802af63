"""One import in a process of its own: `python -m dataforms.importing.job`, in an app's folder.

Takes a `Request` on standard input and writes `Message` lines. To end it cancels the import.
"""

import csv
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import msgspec

from dataforms.database import Database
from dataforms.errors import DataError
from dataforms.importing.mapping import guess
from dataforms.importing.messages import Finished, Looked, Message, Progressed, Refused, Request
from dataforms.importing.plan import Fault
from dataforms.importing.run import Refused as Told
from dataforms.importing.run import carry_out, rehearse
from dataforms.rest import outbox
from dataforms.sheets.refused import ImportRefused
from dataforms.sheets.sheet import Sheet, open_sheet
from dataforms.spec import AppSpec, decode
from dataforms.words import say, speak

SPEC = Path("appspec.json")
SAMPLE = 200
_CELL = 200


def main() -> None:
    """Do what standard input asks for."""
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    speak(request.language)
    try:
        _say(answer(request, decode(SPEC.read_bytes())))
    except ImportRefused as refused:
        _say(Refused(message=f"{request.name}: {refused}", hint=refused.hint))
    except DataError as refused:
        _say(Refused(message=str(refused), hint=refused.hint))


def answer(request: Request, spec: AppSpec) -> Message:
    """Return what came of a request; raise ImportRefused, DataError."""
    database = Database(spec, request.url).acting(request.access)
    outbox.watch(database)
    try:
        sheet = open_sheet(Path(request.path), request.name, sheet=request.sheet)
        if request.do == "look" or request.plan is None:
            return _looked(database, request, sheet)
        run = carry_out if request.do == "carry_out" else rehearse
        with left_out(request.faulty, sheet.header) as told:
            return Finished(report=run(database, sheet, request.plan, _progress, told))
    finally:
        database.close()


@contextmanager
def left_out(path: str | None, header: Sequence[str]) -> Iterator[Told]:
    """Lend what writes the rows that are left out into a CSV file, with the reason before each."""
    if path is None:
        yield lambda cells, fault: None
        return
    with Path(path).open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([say("Row"), say("Column"), say("Reason"), *header])

        def write(cells: Sequence[object], fault: Fault) -> None:
            rows.writerow([fault.number, fault.column, fault.reason, *cells])

        yield write


def _looked(database: Database, request: Request, sheet: Sheet) -> Looked:
    first = next(iter(sheet.batches()), None)
    rows = [] if first is None else list(islice(first.rows, SAMPLE))
    entity = database.spec.entity(request.entity)
    guessed = guess(database, entity, sheet.header, rows)
    return Looked(
        header=sheet.header,
        rows=tuple(tuple(str(cell)[:_CELL] for cell in row) for row in rows),
        plan=guessed.plan,
        notes=(*sheet.notes, *guessed.notes),
        sheets=_sheets(request),
    )


def _sheets(request: Request) -> tuple[str, ...]:
    if not request.name.lower().endswith((".xlsx", ".xls", ".xlsb", ".xlsm", ".ods")):
        return ()
    from dataforms.sheets.workbook import sheet_names  # its reader is a library of some megabytes

    return tuple(sheet_names(Path(request.path)))


def _progress(done: float, rows: int) -> None:
    _say(Progressed(done=done, rows=rows))


def _say(message: Message) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
