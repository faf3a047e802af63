"""One run of a sync, from the source to the records, as an import in one transaction: all or nothing."""

import time
from collections.abc import Callable, Mapping, Sequence

import msgspec
from sqlalchemy.engine import Connection

from dataforms.database import Database
from dataforms.engine import Connections
from dataforms.errors import DataError
from dataforms.importing.plan import Fault, Report
from dataforms.importing.run import Came, carry_out, rehearse
from dataforms.sheets.refused import ImportRefused
from dataforms.spec_sync import Sync
from dataforms.syncing import runs
from dataforms.syncing.cancelling import check, storing
from dataforms.syncing.failed import Cancelled, Unchanged
from dataforms.syncing.gone import settle
from dataforms.syncing.lock import Progress, alone
from dataforms.syncing.places import place_of
from dataforms.syncing.planning import plan_of
from dataforms.syncing.runs import RowFault, Run
from dataforms.syncing.sources import Opened, opened
from dataforms.transaction import Transaction


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """How a sync is to be done."""

    is_dry: bool = False
    """Only to tell what would be done?"""
    is_whole: bool = False
    """Though the source has not changed?"""
    who: str = ""
    every_s: float | None = None
    """Only if it is due, being done every so many seconds?"""


def run(
    database: Database,
    sync: Sync,
    wish: Wish,
    environment: Mapping[str, str],
    pid: int,
    began: Callable[[Run], None],
) -> Run | None:
    """Do a sync and return how it went, whatever came of it; None for one that is not due any more.

    Raises:
        PlaceMissing: nobody says where the rows are.
        SyncBusy: it runs already.
        DatabaseUnavailable: the app's own database cannot be used.
    """
    place_of(database.whole_spec.name, sync, environment)
    own = Connections(database.url)
    try:
        with alone(sync.name, database.url) as tell:
            with own.writing() as connection:
                is_asked = wish.every_s is None or _is_due(connection, sync, wish.every_s)
                if not is_asked:
                    return None
                this = runs.begin(connection, sync.name, is_dry=wish.is_dry, who=wish.who, now=time.time())
                before = "" if wish.is_whole else runs.fingerprint_of_last(connection, sync.name)
            tell(Progress(pid=pid, run=this.id))
            began(this)
            return _Running(database, own, sync, this, tell, pid).finished(environment, before)
    finally:
        own.close()


def _is_due(connection: Connection, sync: Sync, every_s: float) -> bool:
    return runs.due_at(connection, sync.name, every_s) <= time.time()


class _Running:
    def __init__(
        self,
        database: Database,
        own: Connections,
        sync: Sync,
        run: Run,
        tell: Callable[[Progress], None],
        pid: int,
    ) -> None:
        self._database, self._own, self._sync, self._run = database, own, sync, run
        self._tell, self._pid = tell, pid
        self._faults: list[RowFault] = []
        self._notes: tuple[str, ...] = ()
        self._ended = run
        self._fingerprint = ""

    def finished(self, environment: Mapping[str, str], before: str) -> Run:
        """Do it, and return how it went."""
        try:
            with opened(self._database.whole_spec, self._sync, environment, before, self._received) as source:
                return self._stored(source)
        except Unchanged:
            return self._end(state="unchanged", fingerprint=before)
        except (ImportRefused, DataError) as failed:
            return self._end(state="failed", message=str(failed), hint=failed.hint)
        except (Cancelled, KeyboardInterrupt):
            return self._end(state="cancelled")
        except Exception as error:
            self._end(state="failed", message=f"{type(error).__name__}: {error}"[:500])
            raise

    def _stored(self, source: Opened) -> Run:
        plan, self._notes = plan_of(self._database.whole_spec, self._sync, source.rows)
        self._fingerprint = source.fingerprint

        def refused(cells: Sequence[object], fault: Fault) -> None:
            if len(self._faults) < runs.FAULTS:
                self._faults.append(_fault(source, fault))

        do = rehearse if self._run.is_dry else carry_out
        with storing():
            do(self._database, source.rows, plan, self._progress, refused, self._ending)
        if self._run.is_dry:
            with self._own.writing() as connection:
                runs.end(connection, self._ended)
        return self._ended

    def _ending(self, transaction: Transaction, report: Report, came: Came) -> None:
        """Settle what is missing, and have the run end with the transaction that it is in."""
        table = self._database.schema.tables[self._sync.into]
        gone = settle(transaction, table, self._sync, came)
        refused = report.faulty + len(gone.faults)
        self._ended = msgspec.structs.replace(
            self._run,
            state="done",
            ended=time.time(),
            rows=report.rows,
            added=report.inserted,
            changed=report.updated,
            unchanged=report.unchanged,
            skipped=report.skipped,
            refused=refused,
            missing=gone.missing,
            faults=tuple([*self._faults, *gone.faults][: runs.FAULTS]),
            notes=tuple(dict.fromkeys((*self._notes, *report.notes, *gone.notes))),
        )
        if not self._run.is_dry:
            runs.end(transaction.connection, self._ended, "" if refused else self._fingerprint)

    def _end(self, fingerprint: str = "", **said: object) -> Run:
        ended = msgspec.structs.replace(self._run, ended=time.time(), faults=tuple(self._faults), **said)
        with self._own.writing() as connection:
            runs.end(connection, ended, fingerprint)
            return runs.read(connection, self._sync.name, ended.id) or ended

    def _received(self, size: int) -> None:
        self._tell(Progress(pid=self._pid, run=self._run.id))

    def _progress(self, done: float, rows: int) -> None:
        check()
        self._tell(Progress(pid=self._pid, run=self._run.id, phase="storing", done=min(1.0, done), rows=rows))


def _fault(source: Opened, fault: Fault) -> RowFault:
    file, number = source.rows.where(fault.number)
    return RowFault(row=number, reason=fault.reason, column=fault.column, text=fault.text, file=file)
