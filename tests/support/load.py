"""Clients that ask without a pause, and count what went wrong."""

import http.client
import threading
from collections import Counter
from types import TracebackType
from typing import Self


class Load:
    """`clients` threads that GET `path` over and over while the context lasts; `failures` by kind."""

    def __init__(
        self, port: int | None, path: str = "/ping", *, clients: int = 8, keep_alive: bool = False
    ) -> None:
        assert port is not None
        self._port, self._path, self._keep_alive = port, path, keep_alive
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]
        self._lock = threading.Lock()
        self.answered = 0
        self.failures: Counter[str] = Counter()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _ask(self) -> None:
        connection = self._connect()
        while not self._stop.is_set():
            try:
                connection.request("GET", self._path)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as problem:
                self._count(type(problem).__name__)
                connection.close()
                connection = self._connect()
                continue
            self._count("" if answer.status < 400 else str(answer.status))
            if not self._keep_alive or answer.will_close:
                connection.close()
                connection = self._connect()
        connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)

    def _count(self, failure: str) -> None:
        with self._lock:
            if failure:
                self.failures[failure] += 1
            else:
                self.answered += 1
