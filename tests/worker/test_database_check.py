"""Databases that answer, are locked, missing, damaged or silent; and passwords that nobody gets to see."""

import asyncio
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import psutil
import pytest
from postgres import PASSWORD, postgres

from protoddfd.core.health import Outcome
from protoddfd.edge.check_database import RunJob, database
from protoddfd.edge.worker_client import WorkerPool
from protoddfd.wire.options import Check
from protoddfd.worker import messages
from protoddfd.worker.database_check import check_database
from testbed import runs

PLENTY_S = 20.0


def asked(url: str, folder: Path | str = "/", timeout_s: float = PLENTY_S) -> messages.DatabaseChecked:
    said: list[messages.Progress] = []
    job = messages.CheckDatabase(url=url, folder=str(folder), timeout_s=timeout_s)
    answer = check_database(job, said.append)
    assert len(said) == 1
    return answer


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "app one.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (n)")
    return path


def test_a_database_that_answers_is_good_and_is_named(file: Path) -> None:
    answer = asked(f"sqlite:///{file}")
    assert answer.ok
    assert answer.detail.startswith(f"SELECT 1 at sqlite:///{file} answered in ")


@pytest.mark.parametrize("form", ["sqlite:///data/app one.db", "sqlite:///file:data/app%20one.db?uri=true"])
def test_a_relative_name_starts_from_the_apps_folder_and_the_worker_stays_where_it_is(
    file: Path, tmp_path: Path, form: str
) -> None:
    before = Path.cwd()
    assert asked(form, tmp_path).ok
    assert Path.cwd() == before


def test_what_the_app_awaits_is_asked_without_waiting(file: Path) -> None:
    assert asked(f"sqlite+aiosqlite:///{file}").ok


def test_a_file_that_is_not_there_is_said_and_not_made(tmp_path: Path) -> None:
    answer = asked("sqlite:///data/app.db", tmp_path)
    assert (answer.ok, answer.asked) == (False, True)
    assert answer.detail.endswith(f"failed: there is no file {tmp_path}/data/app.db")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"certainly no database" * 100)
    answer = asked("sqlite:///x.db", tmp_path)
    assert not answer.ok
    assert answer.detail.endswith("failed: file is not a database")


def test_a_database_in_memory_answers() -> None:
    assert asked("sqlite://").ok


def test_one_that_is_being_written_to_answers(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO t VALUES (1)")
        assert asked(f"sqlite:///{file}", timeout_s=1.0).ok


@pytest.mark.e2e
def test_one_that_stays_locked_does_not(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = DELETE")
        writer.execute("BEGIN EXCLUSIVE")
        answer = asked(f"sqlite:///{file}", timeout_s=0.3)
    assert not answer.ok
    assert answer.took_s < PLENTY_S
    assert answer.detail.endswith("failed: database is locked")


@pytest.mark.parametrize("url", ["", "hush", "postgresql://u:hush@h:port/x", "://hush"])
def test_what_is_no_url_is_not_asked_and_not_shown(url: str) -> None:
    answer = asked(url)
    assert (answer.ok, answer.asked) == (False, False)
    assert "hush" not in answer.detail


@pytest.mark.parametrize(
    "url", ["nosuch://u:hush@h/x", "oracle+nosuch://u:hush@h/x", "mssql+pymssql://u:hush@h/x"]
)
def test_a_driver_that_is_missing_is_no_fault_of_the_app(url: str) -> None:
    answer = asked(url)
    assert (answer.ok, answer.asked) == (False, False)
    assert " is not possible here: " in answer.detail
    assert "hush" not in answer.detail
    assert "***" in answer.detail


def test_a_password_is_hidden_in_what_a_driver_says_however_it_is_spelt(tmp_path: Path) -> None:
    """That a file is named which is not there stands for any driver that repeats what it was given."""
    for spelling in (PASSWORD, quote(PASSWORD, safe=""), quote_plus(PASSWORD)):
        answer = asked(f"sqlite:///{quote(spelling, safe='')}x.db?password={quote_plus(PASSWORD)}", tmp_path)
        assert not answer.ok
        failed = answer.detail.partition(" failed: ")[2]
        assert "***" in failed
        assert "hush" not in failed


# Through a worker ----------------------------------------------------------------------------------------


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(processes=1, memory_mib=1024, time_s=60)
    yield pool
    await pool.close()


def workers() -> list[psutil.Process]:
    own = filter(runs, psutil.Process().children())
    return [each for each in own if "protoddfd.worker" in each.cmdline()]


async def ask(
    run_job: RunJob, url: str | None, own_url: str | None = None, timeout_s: float = PLENTY_S
) -> Outcome:
    check = Check(kind="database", url=url, timeout_s=timeout_s)
    return await database(check, own_url=own_url, folder="/", run_job=run_job)


@pytest.mark.anyio
@pytest.mark.e2e
async def test_a_worker_asks_and_stays_for_the_next_question(pool: WorkerPool, file: Path) -> None:
    assert (await ask(pool.run, None, own_url=f"sqlite:///{file}")).ok
    (worker,) = workers()
    outcome = await ask(pool.run, f"sqlite:///{file}.not", own_url=f"sqlite:///{file}")
    assert (outcome.ok, outcome.asked, outcome.check) == (False, True, "database")
    assert (await ask(pool.run, f"sqlite:///{file}")).ok
    assert workers() == [worker]


@pytest.mark.anyio
async def test_a_database_that_nobody_knows_is_not_asked(pool: WorkerPool) -> None:
    outcome = await ask(pool.run, None)
    assert (outcome.ok, outcome.asked) == (False, False)
    assert workers() == []


@pytest.mark.anyio
@pytest.mark.e2e
async def test_the_time_runs_from_when_a_worker_is_free(pool: WorkerPool, tmp_path: Path, file: Path) -> None:
    path = tmp_path / "big.csv"
    path.write_text("a,b,c\n" + "some,words,here\n" * 100_000)
    source = messages.SourceFile(name=path.name, path=str(path))
    busy = asyncio.create_task(pool.run(messages.Propose(name="big", title=None, sources=(source,))))
    await asyncio.sleep(0)  # it has the only worker now, for longer than the limit of the check
    outcome = await ask(pool.run, f"sqlite:///{file}", timeout_s=0.1)
    assert busy.done()
    assert outcome.ok
    await busy


@pytest.mark.anyio
@pytest.mark.e2e
async def test_a_worker_that_hangs_is_ended_and_the_database_called_silent(
    pool: WorkerPool, file: Path
) -> None:
    await pool.warm()
    (hanging,) = workers()

    async def run(job: messages.Job, on_progress: Callable[[messages.Progress], None]) -> Any:
        def stop(said: messages.Progress) -> None:
            hanging.suspend()
            on_progress(said)

        return await pool.run(job, stop)

    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = DELETE")
        writer.execute("BEGIN EXCLUSIVE")
        outcome = await ask(run, f"sqlite:///{file}", timeout_s=0.3)
    assert (outcome.ok, outcome.asked) == (False, True)
    assert outcome.detail.endswith("got no answer within 0.3 s")
    assert workers() == []
    assert (await ask(pool.run, f"sqlite:///{file}")).ok


@pytest.mark.anyio
@pytest.mark.e2e
async def test_a_worker_that_dies_is_no_fault_of_the_database(pool: WorkerPool, file: Path) -> None:
    await pool.warm()
    (doomed,) = workers()

    async def run(job: messages.Job, on_progress: Callable[[messages.Progress], None]) -> Any:
        doomed.kill()
        return await pool.run(job, on_progress)

    outcome = await ask(run, f"sqlite:///{file}")
    assert (outcome.ok, outcome.asked) == (False, False)
    assert "the worker process ended" in outcome.detail


# PostgreSQL ----------------------------------------------------------------------------------------------


@pytest.mark.e2e
def test_a_server_that_accepts_and_says_nothing_is_given_up_in_time() -> None:
    pytest.importorskip("psycopg", reason="no driver for PostgreSQL is installed")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = asked(f"postgresql://u:hush@127.0.0.1:{silent.getsockname()[1]}/d", timeout_s=0.5)
    assert (answer.ok, answer.asked) == (False, True)
    assert answer.detail.endswith("/d got no answer within 0.5 s")
    assert 0.5 <= answer.took_s < PLENTY_S


@pytest.mark.e2e
def test_a_postgresql_answers_and_says_why_it_does_not() -> None:
    with postgres() as url:
        answer = asked(url)
        assert answer.ok
        assert answer.detail.startswith("SELECT 1 at postgresql://owner:***@127.0.0.1:")
        assert asked(url.replace("postgresql:", "postgresql+asyncpg:")).ok
        wrong = asked(url.replace("hush", "secret"))
        absent = asked(url.removesuffix("postgres") + "absent")
    assert "password authentication failed" in wrong.detail
    assert 'database "absent" does not exist' in absent.detail
    for answer in (wrong, absent, asked(url)):
        assert (answer.ok, answer.asked) == (False, True)
        assert "hush" not in answer.detail
        assert "secret" not in answer.detail
        assert "\n" not in answer.detail
