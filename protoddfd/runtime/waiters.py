"""Those who wait until something is so, and are asked whenever something has changed."""

import asyncio
from collections.abc import Callable


class Waiters:
    """Conditions and the tasks that wait for them."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    async def wait(self, when: Callable[[], bool]) -> None:
        """Return once `when` is true; bound it with a timeout."""
        if when():
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiter = (when, future)
        self._waiting.append(waiter)
        try:
            await future
        finally:
            self._waiting.remove(waiter)

    def ask(self) -> None:
        """Let those go on whose condition is true by now, if only for this moment."""
        for when, future in self._waiting[:]:
            if not future.done() and when():
                future.set_result(None)
