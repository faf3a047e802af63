"""Notices when the data has changed: at once in this process, by a cheap question in others.

Nothing runs by itself: who shows the data asks `changed`, or is called, as long as somebody looks.
"""

import sqlite3
import threading
from collections.abc import Callable
from typing import Any

from dataforms.engine import Connections


class Changes:
    """The changes to one database.

    SQLite counts the commits of other connections (`PRAGMA data_version`); PostgreSQL tells a connection that
    listens on `dataforms`, through psycopg. With another driver only this process's changes are noticed.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._lock = threading.Lock()
        self._told: set[Callable[[], None]] = set()
        self._watch: Any = None
        self._seen = 0

    def tell(self) -> None:
        """Call everybody who wants to know that a change of this process was committed, in its thread."""
        with self._lock:
            those = list(self._told)
        for each in those:
            each()

    def subscribe(self, call: Callable[[], None]) -> Callable[[], None]:
        """Have `call` called after each change of this process; return what ends that."""
        with self._lock:
            self._told.add(call)
        return lambda: self._told.discard(call)

    def changed(self) -> bool:
        """Tell whether anything was committed, by any process, since the last time this was asked."""
        if not self._connections.is_watchable:
            return False
        with self._lock:
            if self._watch is None:
                self._watch = self._connections.watch()
            driver = self._watch.dbapi_connection
            if isinstance(driver, sqlite3.Connection):
                (now,) = driver.execute("PRAGMA data_version").fetchone()
                was, self._seen = self._seen, now
                return was not in (0, now)
            if not hasattr(driver, "notifies"):
                return False
            try:
                return bool(list(driver.notifies(timeout=0)))
            except self._connections.driver_error:
                self._forget()
                return True  # nobody knows what was missed

    def close(self) -> None:
        """Stop watching; the next question starts afresh."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._watch, self._seen = None, 0
