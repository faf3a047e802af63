"""Where the sessions of the browser's tabs are: in this process, or in Redis, which an app's processes share.

With Redis a tab that comes back to another process goes on where it was, whether the one that served it ended
in order or was killed. Without, a session lasts while the tab stays with its process.
"""

import asyncio
import contextlib
import pickle
from typing import Any

import reflex as rx
from redis.exceptions import RedisError
from reflex.istate.manager.redis import StateManagerRedis
from reflex.state import StateUpdate
from reflex.utils.token_manager import LostAndFoundRecord, RedisTokenManager, SocketRecord

from dataforms.frontend import AsgiApp, Receive, Scope, Send

ASK_AGAIN_S = 0.025
"""So long after the last time, the process that has a tab is looked for again."""
ASK_TIMES = 4
"""After so many times it is believed that the tab is open twice."""


def shared(app: rx.App, asgi: AsgiApp) -> AsgiApp:
    """Return `asgi`, the requests to `app`, such that its tabs can move to another process, given Redis."""
    namespace: Any = app.event_namespace
    plain_tabs, plain_store = namespace._token_manager, app.state_manager
    if not (isinstance(plain_tabs, RedisTokenManager) and isinstance(plain_store, StateManagerRedis)):
        return asgi
    tabs = namespace._token_manager = Tabs(plain_tabs.redis)
    store: Any = Store  # what Reflex redefines, a type checker takes for abstract
    app._state_manager = store(
        redis=plain_store.redis,
        token_expiration=plain_store.token_expiration,
        lock_expiration=plain_store.lock_expiration,
        lock_warning_threshold=plain_store.lock_warning_threshold,
    )

    async def released(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await asgi(scope, receive, send)
        finally:
            if scope["type"] == "websocket":
                await tabs.released()

    return released


class Store(StateManagerRedis):
    """The sessions. In Reflex an event that is cancelled while it asks for its tab's lock leaves that locked.

    What loads a page is cancelled when the tab leaves: one that came back would wait ten seconds.
    """

    async def _try_get_lock(self, lock_key: bytes, lock_id: bytes) -> bool | None:
        asking = asyncio.ensure_future(super()._try_get_lock(lock_key, lock_id))
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            if await asking:
                await self.redis.delete(lock_key)
            raise


class Tabs(RedisTokenManager):
    """Which process has which tab. Reflex takes a tab whose process was killed for one that is open twice.

    Then it would get a new session: so a process that nobody listens in is forgotten first.
    """

    def __init__(self, redis: Any) -> None:
        super().__init__(redis)
        self._releasing: set[asyncio.Future[None]] = set()

    async def link_token_to_sid(self, token: str, sid: str) -> str | None:
        """Note that this process has the tab; return a new token for it if it is open elsewhere."""
        with contextlib.suppress(RedisError, OSError):  # it is asked again, and says what is wrong
            await self._take_over(token)
        return await super().link_token_to_sid(token, sid)

    async def disconnect_token(self, token: str, sid: str) -> None:
        """Forget the tab."""
        done = asyncio.get_running_loop().create_future()
        self._releasing.add(done)
        try:
            await super().disconnect_token(token, sid)
        finally:
            self._releasing.discard(done)
            done.set_result(None)

    async def released(self) -> None:
        """Wait until tabs that have left are forgotten: the process that they turn to must not find them."""
        await asyncio.sleep(0)  # Reflex forgets in a task of its own, which begins now
        if self._releasing:
            await asyncio.wait(self._releasing)

    async def _take_over(self, token: str) -> None:
        for _ in range(ASK_TIMES):
            record = await self.redis.get(self._get_redis_key(token))
            if record is None:
                return
            owner: SocketRecord = pickle.loads(record)  # noqa: S301 - Reflex's own form of it; only apps write to Redis
            if owner.instance_id == self.instance_id:
                return
            if not await self._is_heard_by(owner.instance_id):
                await self.redis.delete(self._get_redis_key(token))
                return
            await asyncio.sleep(ASK_AGAIN_S)

    async def _is_heard_by(self, instance_id: str) -> bool:
        """Return whether the process lives; what it hears is an update for nobody."""
        nothing = LostAndFoundRecord(token="", update=StateUpdate())
        channel = f"channel:{self._get_lost_and_found_key(instance_id)}"
        return bool(await self.redis.publish(channel, pickle.dumps(nothing)))
