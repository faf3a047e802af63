"""`python -m dataforms.importing ENTITY FILE` in an app's folder: the import for people at a terminal."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from dataforms.database import Database
from dataforms.errors import DataError
from dataforms.importing.job import SAMPLE, left_out
from dataforms.importing.mapping import MappingInvalid, guess
from dataforms.importing.plan import Column, Plan, Report
from dataforms.importing.run import carry_out, rehearse
from dataforms.names import did_you_mean
from dataforms.rest import outbox
from dataforms.sheets.refused import ImportRefused
from dataforms.sheets.sheet import Sheet, open_sheet
from dataforms.spec import AppSpec, decode

DATABASE_URL = "sqlite:///data/app.db"
_SHOWN = 10


def main(words: Sequence[str] | None = None) -> int:
    """Import a file as the words of the command line say; return the exit status: 0 done, 1 refused."""
    told = _parser().parse_args(words)
    try:
        spec = decode(Path("appspec.json").read_bytes())
        database = Database(spec, os.environ.get("DATABASE_URL", DATABASE_URL))
        try:
            database.create()
            outbox.watch(database)
            _run(told, database)
        finally:
            database.close()
    except (ImportRefused, DataError) as refused:
        return _refuse(str(refused), refused.hint)
    except OSError as error:
        return _refuse(f"There is no app here: {error}.", "Go into the folder of an app first.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dataforms.importing", description=__doc__)
    parser.add_argument("entity", help="what the rows are, such as Item")
    parser.add_argument("file", type=Path, help="a CSV, Excel, OpenDocument or JSON file")
    parser.add_argument("--sheet", help="the sheet of a workbook; the first with rows without it")
    parser.add_argument(
        "--map", action="append", default=[], metavar="COLUMN=FIELD",
        help="put a column into a field; nothing behind = leaves it out; may be given often",
    )  # fmt: skip
    parser.add_argument("--key", help="the field in which a row and a record are the same; - for none")
    parser.add_argument("--existing", choices=("update", "skip", "refuse"), default="update")
    parser.add_argument("--new", choices=("insert", "skip", "refuse"), default="insert")
    parser.add_argument("--blank", choices=("keep", "clear"), default="keep", help="what empty cells do")
    parser.add_argument("--faulty", help="write the rows that are left out into this CSV file")
    parser.add_argument("--dry-run", action="store_true", help="tell what would be done, and do nothing")
    return parser


def _run(told: argparse.Namespace, database: Database) -> None:
    sheet = open_sheet(told.file, told.file.name, sheet=told.sheet)
    plan = _plan(told, database, sheet)
    run = rehearse if told.dry_run else carry_out
    with left_out(told.faulty, sheet.header) as told_of:
        report = run(database, sheet, plan, _progress, told_of)
    _show(report, is_real=not told.dry_run)


def _plan(told: argparse.Namespace, database: Database, sheet: Sheet) -> Plan:
    first = next(iter(sheet.batches()), None)
    entity = _entity(database.spec, told.entity)
    found = guess(database, database.spec.entity(entity), sheet.header, first.rows[:SAMPLE] if first else [])
    for note in (*sheet.notes, *found.notes):
        _say(note)
    plan = replace(found.plan, matched=told.existing, unmatched=told.new, blank=told.blank)
    for pair in told.map:
        plan = replace(plan, columns=_mapped(plan.columns, pair))
    if told.key is not None:
        plan = replace(plan, key=None if told.key == "-" else told.key)
    for column in plan.columns:
        _say(f"{column.header} -> {column.field or 'left out'}")
    return plan


def _entity(spec: AppSpec, name: str) -> str:
    for entity in spec.entities:
        if name.casefold() in (entity.name.casefold(), (entity.plural or "").casefold()):
            return entity.name
    hint = did_you_mean(name, [entity.name for entity in spec.entities])
    raise MappingInvalid(f"There is no entity {name!r}.", hint=hint)


def _mapped(columns: Sequence[Column], pair: str) -> tuple[Column, ...]:
    header, is_pair, field = pair.rpartition("=")
    if not is_pair or not any(column.header == header for column in columns):
        hint = did_you_mean(header or pair, [column.header for column in columns])
        raise MappingInvalid(f"The file has no column {header or pair!r}.", hint=hint)
    return tuple(
        Column(header=header, field=field or None, by=each.by if each.field == field else None)
        if each.header == header
        else each
        for each in columns
    )


def _progress(done: float, rows: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done:4.0%}  {rows:,} rows")
        sys.stderr.flush()


def _show(report: Report, *, is_real: bool) -> None:
    sys.stderr.write("\r" if sys.stderr.isatty() else "")
    done = "" if is_real else "would be "
    _say(
        f"{report.rows:,} rows: {report.inserted:,} {done}added, {report.updated:,} {done}changed, "
        f"{report.unchanged:,} unchanged, {report.skipped:,} skipped, {report.faulty:,} left out"
    )
    for fault in report.examples[:_SHOWN]:
        where = f", {fault.column} {fault.text!r}" if fault.column else ""
        _say(f"  row {fault.number}{where}: {fault.reason}")
    if report.faulty > _SHOWN:
        _say(f"  and {report.faulty - _SHOWN:,} more; --faulty FILE writes all of them")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _refuse(message: str, hint: str) -> int:
    sys.stderr.write(f"{message}\n{hint}\n" if hint else f"{message}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
