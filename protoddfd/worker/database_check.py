"""Asks a database whether it answers, within a time. Never makes one, and never shows a password."""

import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from types import FrameType
from urllib.parse import quote, quote_plus, unquote

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.pool import NullPool

from protoddfd.worker import messages

HIDDEN = "***"
_CONNECT_TIMEOUT = {
    "mysqldb": "connect_timeout",
    "psycopg": "connect_timeout",
    "psycopg2": "connect_timeout",
    "pymysql": "connect_timeout",
}
"""What drivers call it that wait in C code, where an alarm does not reach them. Whole seconds."""


class _TimeOver(BaseException):
    """The time is over; no library mistakes it for an error of its own."""


def check_database(
    job: messages.CheckDatabase, say: Callable[[messages.Progress], None]
) -> messages.DatabaseChecked:
    """Return whether the database answers; everything that can go wrong is in the detail."""
    say(messages.Progress(text="asking the database"))
    began = time.perf_counter()
    try:
        url = make_url(job.url)
    except (sa.exc.ArgumentError, ValueError):  # their texts may contain the url
        return _answer(began, "its url is not one of a database", asked=False)
    where = f"SELECT 1 at {shown(url)}"
    try:
        with chdir(job.folder), _alarm(job.timeout_s):
            _ask(url, job.timeout_s)
    except _TimeOver:
        return _answer(began, f"{where} got no answer within {job.timeout_s:g} s")
    except (ModuleNotFoundError, sa.exc.NoSuchModuleError) as error:
        return _answer(began, f"{where} is not possible here: {_safe(error, url)}", asked=False)
    except Exception as error:  # noqa: BLE001 -- drivers raise what they like, and each is an answer
        return _answer(began, f"{where} failed: {_safe(error, url)}")
    return _answer(began, f"{where} answered in {(time.perf_counter() - began) * 1000:.0f} ms", ok=True)


def shown(url: URL) -> str:
    """Return `url` without its password, and without its options, which can hold another."""
    return url.set(query={}).render_as_string(hide_password=True)


def _answer(began: float, detail: str, *, ok: bool = False, asked: bool = True) -> messages.DatabaseChecked:
    return messages.DatabaseChecked(ok=ok, detail=detail, took_s=time.perf_counter() - began, asked=asked)


def _ask(url: URL, timeout_s: float) -> None:
    engine = _engine(url, timeout_s)
    with engine.connect() as connection:
        if connection.execute(sa.text("SELECT 1")).scalar_one() != 1:
            raise ValueError("the answer is another than 1")
        if engine.dialect.name == "sqlite":  # which looks into no file for that
            connection.exec_driver_sql("PRAGMA schema_version")


def _engine(url: URL, timeout_s: float) -> Engine:
    if url.get_dialect().is_async:  # what the app awaits is asked here through the usual driver
        url = url.set(drivername=url.get_backend_name())
    file = url.database
    if url.get_backend_name() == "sqlite" and file not in (None, "", ":memory:"):
        return sa.create_engine("sqlite://", creator=lambda: _open(str(file), timeout_s), poolclass=NullPool)
    option = _CONNECT_TIMEOUT.get(url.get_driver_name())
    arguments = {} if option is None or option in url.query else {option: max(1, round(timeout_s))}
    return sa.create_engine(url, connect_args=arguments, poolclass=NullPool)


def _open(file: str, timeout_s: float) -> sqlite3.Connection:
    """Open a database file that exists, for reading and writing as its app does: it may need recovery."""
    if file.startswith("file:"):
        file = unquote(file.removeprefix("file:").partition("?")[0])
    if not Path(file).exists():
        raise FileNotFoundError(f"there is no file {Path(file).absolute()}")
    patience_s = timeout_s * 0.9  # so that it is SQLite that tells of a lock
    return sqlite3.connect(f"file:{quote(file)}?mode=rw", uri=True, timeout=patience_s)


def _safe(error: Exception, url: URL) -> str:
    """Return what an error says, on one line and without the url's password in any spelling."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig is not None else error
    text = " ".join(str(cause).split()) or type(cause).__name__
    for secret in _secrets(url):
        for spelling in (secret, quote(secret, safe=""), quote_plus(secret)):
            text = text.replace(spelling, HIDDEN)
    return text


def _secrets(url: URL) -> list[str]:
    options = url.normalized_query.items()
    found = [value for key, values in options if "pass" in key.lower() for value in values]
    if url.password:
        found.append(str(url.password))
    return [each for each in found if each]


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise _TimeOver when `seconds` are over. Only for the main thread."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise _TimeOver

    former = signal.signal(signal.SIGALRM, ring)
    former_timer = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *former_timer)
        signal.signal(signal.SIGALRM, former)
