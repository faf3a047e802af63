"""The methods about the daemon itself: status, ports, templates, logs, events, stop."""

import asyncio
import os
import platform
import time
from collections import Counter
from collections.abc import AsyncIterator
from importlib.metadata import version

from protoddfd.core.access import Caller
from protoddfd.edge import instances, listen, stats
from protoddfd.errors import FieldUnknown
from protoddfd.generate import template
from protoddfd.runtime.bus import Follower
from protoddfd.runtime.logger_keeper import LoggerKeeper
from protoddfd.runtime.services import Services
from protoddfd.runtime.stream import Stream
from protoddfd.runtime.zygote_keeper import ZygoteKeeper
from protoddfd.usecases.apps import forget
from protoddfd.wire import params, results
from protoddfd.wire.events import KINDS

VERSION = version("proto-ddf")


def status(services: Services, caller: Caller, asked: params.NoParams) -> results.DaemonStatus:
    """Tell how the daemon is."""
    places = services.places
    return results.DaemonStatus(
        version=VERSION,
        pid=os.getpid(),
        uptime_s=round(time.monotonic() - services.started_at, 3),
        apps=dict(Counter(app.state for app in services.apps.values())),
        degraded=services.degraded,
        zygote=_helper(services.zygote),
        logger=_helper(services.logger),
        memory=results.Memory(rss_bytes=stats.rss_bytes(os.getpid()) or 0),
        home=str(places.home),
        socket=str(places.socket),
        python=platform.python_version(),
    )


def _helper(keeper: ZygoteKeeper | LoggerKeeper) -> results.Helper:
    if keeper.pid is None:
        return results.Helper(state="down", detail=keeper.trouble or "")
    return results.Helper(state="up", pid=keeper.pid, pss_bytes=keeper.pss_bytes, detail=keeper.trouble or "")


def templates(services: Services, caller: Caller, asked: params.NoParams) -> results.Templates:
    """List the templates."""
    found = template.templates(services.places.templates)
    return results.Templates(
        templates=tuple(
            results.Template(
                name=info.name,
                title=info.title,
                description=info.description,
                source=info.source,
                takes_spec=info.takes_spec,
                entities=tuple(results.Sketch(title=it.title, fields=it.fields) for it in info.entities),
                picture=info.picture,
            )
            for info in found
        )
    )


async def ports(services: Services, caller: Caller, asked: params.NoParams) -> results.PortMap:
    """Show the port map; a stranger on one of our ports is named."""
    doubtful = [
        port
        for app in services.apps.values()
        if (app.doors.sockets is None or app.doors.reserved) and not app.is_up
        for port in app.record.ports
    ]
    strangers = await asyncio.to_thread(listen.who_listens_on, doubtful) if doubtful else {}
    rows = [
        results.Port(
            port=port,
            app=app.name,
            role="backend" if port == app.record.backend else "frontend",
            held=app.doors.sockets is not None and not app.doors.reserved,
            foreign=_foreign(strangers.get(port)),
        )
        for app in services.apps.values()
        for port in app.record.ports
    ]
    span = results.PortRange(first=services.span.first, last=services.span.last)
    return results.PortMap(range=span, ports=tuple(sorted(rows, key=lambda row: row.port)))


def _foreign(found: listen.Listener | None) -> results.Foreign | None:
    return results.Foreign(pid=found.pid, command=found.command) if found else None


async def cleanup_ports(services: Services, caller: Caller, asked: params.NoParams) -> results.PortMap:
    """Free what belongs to nobody: of apps whose folder has vanished, and of processes whose app is gone."""
    for app in list(services.apps.values()):
        if app.vanished_at is not None:
            await forget(services, app, reason="its folder has vanished")
    found = await asyncio.to_thread(instances.survey, services.places.home)
    orphans = {
        key: seen.holder.life for key, seen in found.items() if seen.held and key[0] not in services.apps
    }
    if orphans:
        await services.end_leftovers(orphans)
    return await ports(services, caller, asked)


def subscribe(services: Services, caller: Caller, asked: params.EventsSubscribe) -> Stream:
    """Stream numbered events from now on, or from `since`."""
    for kind in asked.kinds or ():
        if kind not in KINDS:
            raise FieldUnknown(f"there is no event kind {kind!r}", hint=f"kinds: {', '.join(KINDS)}")
    follower = services.bus.follow(
        asked.since,
        frozenset(asked.apps) if asked.apps is not None else None,
        frozenset(asked.kinds) if asked.kinds is not None else None,
    )
    return Stream(results.Subscribed(seq=services.bus.seq), _notifications(follower))


async def _notifications(follower: Follower) -> AsyncIterator[tuple[str, object]]:
    try:
        async for event in follower:
            yield "event", event
    finally:
        await follower.aclose()


def stop_daemon(services: Services, caller: Caller, asked: params.DaemonStop) -> results.Done:
    """Stop the daemon, and the apps unless they are to stay."""
    services.keep_apps = asked.keep_apps
    services.bus.publish("daemon.stopping", keep_apps=asked.keep_apps)
    services.stopping.set()
    return results.Done()
