"""Makes large tables that somebody looks at quick, in a thread that ends when nothing is left to do."""

import threading

from dataforms.database import Database
from dataforms.errors import DataError

PAUSE_S = 0.05
"""Between two steps others get to write."""


class Tuner:
    """Tunes one database's tables, one after the other."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._done: set[str] = set()
        self._thread: threading.Thread | None = None

    def tune(self, entity: str) -> None:
        """Begin to make a table quick, unless that is done or another is at it."""
        with self._lock:
            if entity in self._done or self._thread is not None or self._stopped.is_set():
                return
            if self._database.is_tuned(entity):
                self._done.add(entity)
                return
            self._thread = threading.Thread(target=self._run, args=(entity,), name="tuner", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End after the step that is being done."""
        self._stopped.set()
        thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self, entity: str) -> None:
        try:
            while not self._database.tune(entity):
                if self._stopped.wait(PAUSE_S):
                    break
        except DataError:
            self._done.add(entity)  # it is slower without, and right all the same
        with self._lock:
            self._thread = None
