"""The calls for one design: recorded before they are made, within limits, tried again when that helps."""

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path

from protoddfd.design.model.asking import Asked, AskingFailed, Endpoint, Reply, WayUnknown
from protoddfd.design.model.budget import Clock, cost, most
from protoddfd.design.model.cassette import Cassette, CassetteBroken, request_hash
from protoddfd.design.model.ledger import Entry, Ledger, OverDayLimit, now_text
from protoddfd.settings.model import ModelSettings

TRIES = 3
"""How often one request is made while the server is busy or the connection breaks."""


class Stopped(Exception):
    """The model is asked no more; the text says why."""


class Talk:
    """Asks a model, counting; `connect` makes the endpoint when it is first needed."""

    def __init__(
        self,
        settings: ModelSettings,
        ledger: Ledger,
        clock: Clock,
        address: str,
        connect: Callable[[], Endpoint],
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._clock = clock
        self._address = address
        self._connect = connect
        self._endpoint: Endpoint | None = None
        self.calls = 0
        self.sent_characters = 0
        self.input_tokens = 0
        self.output_tokens = 0
        self.cost = 0.0
        self.record = ""

    async def ask(self, asked: Asked) -> Reply:
        """Return the reply.

        Raises:
            WayUnknown: the server does not know this way of asking; another one may do.
            Stopped: there is none to be had.
        """
        if not self._settings.cassette:
            return await self._call(asked)
        cassette = Cassette(Path(self._settings.cassette))
        request = request_hash(self._settings.name, asked)
        if self._settings.cassette_mode == "replay":
            return _replayed(cassette, request)
        reply = await self._call(asked)
        try:
            cassette.record(request, reply)
        except OSError as error:
            raise Stopped(f"its answer cannot be recorded: {error.strerror}") from None
        return reply

    async def close(self) -> None:
        """Let go of connections."""
        if self._endpoint is not None:
            await self._endpoint.close()

    async def _call(self, asked: Asked) -> Reply:
        for tries_left in reversed(range(TRIES)):
            try:
                return await self._once(asked)
            except WayUnknown:
                raise
            except AskingFailed as failed:
                if failed.again_s is None or not tries_left:
                    raise Stopped(failed.message) from None
                if failed.again_s >= self._clock.left_s:
                    raise Stopped(f"{failed.message}, and there is no time to try again") from None
                await asyncio.sleep(failed.again_s)
        raise Stopped("it was not asked")

    async def _once(self, asked: Asked) -> Reply:
        """Make one request; what it may have cost is counted whatever comes of it."""
        worst = self._put_aside(call := uuid.uuid4().hex, asked)
        if self._endpoint is None:
            self._endpoint = self._connect()
        try:
            reply = await self._endpoint.ask(asked, self._clock.left_s)
        except AskingFailed as failed:
            if not failed.unsent:
                self._count(asked)
            lost = 0.0 if failed.free else worst
            self.cost += lost
            self._settle(Entry(time=now_text(), call=call, what="failed", fault=failed.message, cost=lost))
            raise
        self._count(asked)
        paid = cost(self._settings, asked, reply)
        self.cost += paid
        self.input_tokens += reply.input_tokens
        self.output_tokens += reply.output_tokens
        self._settle(
            Entry(
                time=now_text(), call=call, what="answered", answer=reply.text, cost=paid,
                input_tokens=reply.input_tokens, output_tokens=reply.output_tokens,
            )
        )  # fmt: skip
        return reply

    def _put_aside(self, call: str, asked: Asked) -> float:
        """Record the request and return what it can cost at most; raise Stopped when it may not be made."""
        if not self._clock.left_s:
            raise Stopped(f"the time of {self._settings.timeout_s:g} s is over")
        worst = most(self._settings, asked)
        limit, day = self._settings.spend_limit, self._settings.day_limit
        if worst and self.cost + worst > limit:
            raise Stopped(f"it could cost {self.cost + worst:.4f}, and model.spend_limit is {limit:g}")
        entry = Entry(
            time=now_text(), call=call, what="sent", endpoint=self._address, model=self._settings.name,
            task=asked.task, said=asked.said, cost=worst,
        )  # fmt: skip
        try:
            self.record = str(self._ledger.put_aside(entry, day))
        except OverDayLimit as over:
            raise Stopped(
                f"{over.spent:.4f} was spent today, it could cost {worst:.4f}, and model.day_limit is {day:g}"
            ) from None
        except OSError as error:
            raise Stopped(f"what would be sent cannot be recorded: {error.strerror}") from None
        return worst

    def _count(self, asked: Asked) -> None:
        self.calls += 1
        self.sent_characters += len(asked.task) + sum(map(len, asked.said))

    def _settle(self, entry: Entry) -> None:
        try:
            self._ledger.settle(entry)
        except OSError as error:
            raise Stopped(f"what was spent cannot be recorded: {error.strerror}") from None


def _replayed(cassette: Cassette, request: str) -> Reply:
    try:
        found = cassette.find(request)
    except CassetteBroken as broken:
        raise Stopped(f"the cassette is broken: {broken}") from None
    except OSError as error:
        raise Stopped(f"the cassette cannot be read: {error.strerror}") from None
    if found is None:
        raise Stopped("the cassette has no answer to this request")
    return found
