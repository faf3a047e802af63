"""A real server in a thread, with handlers that remember; and the real command line as a subprocess."""

import asyncio
import base64
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from protoddfd.core.access import Access, Caller
from protoddfd.errors import AppExists, AppUnknown, SpecInvalid
from protoddfd.rpc.router import Handler, Router
from protoddfd.rpc.server import RpcServer
from protoddfd.runtime.portrait import some_of
from protoddfd.runtime.stream import Stream
from protoddfd.spec import AppSpec, Entity, Field, Problem
from protoddfd.wire import params, results
from protoddfd.wire.events import Event
from protoddfd.wire.options import AppOptions
from protoddfd.wire.update import UpdatePlan

LIMIT_S = 30


def an_app(name: str, **changes: Any) -> results.App:
    """Return an app as the daemon would tell of it."""
    app = results.App(
        name=name, title=name.title(), template="data_app", state="ready", wanted="up",
        ports=results.Ports(frontend=4001, backend=4002), url="http://127.0.0.1:4001", path=f"/srv/{name}",
        created_at=1_700_000_000.0, bundle=results.Bundle(state="shared", digest="abc"), served_by="zygote",
        instances=(results.Instance(slot=0, pid=77, life=1, state="ready", since=1_700_000_000.0),),
    )  # fmt: skip
    return msgspec.structs.replace(app, **changes)


class Daemon:
    """Handlers of every method, over two apps that never run; `calls` has what was asked."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.apps = {name: an_app(name) for name in ("crm", "inventory")}
        self.calls: list[tuple[str, Any]] = []
        self.uploads: dict[str, bytes] = {}
        self.degraded: tuple[str, ...] = ()
        self.first_port, self.last_port = 4001, 5000
        self.held = True
        self._stop: Callable[[], object] = lambda: None

    def find(self, name: str | None) -> results.App:
        if name not in self.apps:
            raise AppUnknown(f"there is no app {name!r}", hint="protoddfctl list")
        return self.apps[name]

    def source_put(self, _caller: Caller, asked: params.SourcePut) -> results.SourceId:
        source = asked.source or f"s{len(self.uploads) + 1}"
        self.uploads[source] = self.uploads.get(source, b"") + base64.b64decode(asked.chunk_base64)
        return results.SourceId(source=source)

    def spec_propose(self, _caller: Caller, asked: params.SpecPropose) -> results.Proposal:
        del asked
        field = Field(name="name", title="Name", type="text")
        entity = Entity(name="Customer", title="Customer", fields=(field,))
        spec = AppSpec(name="crm", title="CRM", entities=(entity,))
        return results.Proposal(
            spec=spec, notes=("column a: all unique",), confidence=0.9, sampled=("Customer",)
        )

    def spec_check(self, _caller: Caller, asked: params.SpecCheck) -> results.Problems:
        if isinstance(asked.spec, dict) and asked.spec.get("entities"):
            return results.Problems(problems=())
        return results.Problems(problems=(Problem(path="entities", message="is empty", hint="add one"),))

    async def app_create(self, _caller: Caller, asked: params.AppCreate) -> results.App:
        if asked.name in self.apps:
            raise AppExists(f"there is an app {asked.name!r} already", hint="choose another name")
        if asked.spec == {"entities": []}:
            problem = Problem(path="entities", message="is empty", hint="add one")
            raise SpecInvalid("the spec has faults", problems=(problem,))
        self.apps[asked.name] = an_app(asked.name, title=asked.title or asked.name)
        return self.apps[asked.name]

    def app_list(self, _caller: Caller, asked: params.AppListParams) -> results.AppList | results.AppFields:
        apps = tuple(it for it in self.apps.values() if asked.state in (None, it.state))
        if asked.fields is not None:
            rows = tuple(some_of(app, ("name", *asked.fields)) for app in apps)
            return results.AppFields(apps=rows, seq=1)
        return results.AppList(apps=apps, seq=1)

    def app_show(self, _caller: Caller, asked: params.AppName) -> results.App:
        return self.find(asked.name)

    def app_command(self, _caller: Caller, asked: params.AppCommand) -> results.App | results.Apps:
        return results.Apps(apps=tuple(self.apps.values())) if asked.all else self.find(asked.name)

    def app_adopt(self, _caller: Caller, asked: params.AppAdopt) -> results.App:
        self.apps[asked.name] = an_app(
            asked.name, command=asked.command, url="" if asked.ports == 0 else "http://127.0.0.1:4001"
        )
        return self.apps[asked.name]

    def app_scale(self, _caller: Caller, asked: params.AppScale) -> results.App:
        return msgspec.structs.replace(self.find(asked.name), scale=asked.instances)

    def app_set(self, _caller: Caller, asked: params.AppSet) -> results.App:
        given = {
            name: value
            for name in AppOptions.__struct_fields__
            if (value := getattr(asked, name)) is not msgspec.UNSET
        }
        app = self.find(asked.name)
        options = msgspec.structs.replace(app.options, **given)
        self.apps[asked.name] = msgspec.structs.replace(app, options=options)
        return self.apps[asked.name]

    def app_update(self, _caller: Caller, asked: params.AppUpdate) -> results.Updated:
        plan = UpdatePlan(name="0002_more", changes=(), questions=(), losses=(), obstacles=(), hash="h")
        return results.Updated(app=self.find(asked.name), plan=plan)

    def app_data_move(self, _caller: Caller, asked: params.AppDataMove) -> results.DataMoved:
        return results.DataMoved(app=self.find(asked.name), rows={"customer": 2}, left=(), seconds=0.5)

    def config_show(self, _caller: Caller, _asked: params.NoParams) -> results.ConfigView:
        file = results.SettingValue(key="log.level", value="info", source="/h/config.toml:3", reloads=True)
        usual = results.SettingValue(key="worker.processes", value=2, source="default", reloads=False)
        return results.ConfigView(settings=(file, usual))

    def config_check(self, _caller: Caller, asked: params.ConfigCheck) -> results.ConfigProblems:
        problem = Problem(path="log.level", message="config.toml:1: is odd", hint="did you mean info?")
        return results.ConfigProblems(problems=(problem,) if asked.text != "[log]\n" else ())

    def daemon_reload(self, _caller: Caller, _asked: params.NoParams) -> results.Reloaded:
        return results.Reloaded(changed=("log.level",), needs_restart=("worker.processes",))

    def metrics_read(
        self, _caller: Caller, asked: params.MetricsRead
    ) -> results.Samples | results.MetricsText:
        if asked.format == "prometheus":
            return results.MetricsText(text="# EOF\n")
        return results.Samples(samples=())

    def app_delete(self, _caller: Caller, asked: params.AppDelete) -> results.Deleted:
        del self.apps[self.find(asked.name).name]
        return results.Deleted(deleted=asked.name, kept="/srv/x" if asked.keep_files else None)

    def app_logs(self, _caller: Caller, asked: params.AppLogs) -> results.Logs | Stream:
        texts = ("started", "\x1b[31mred\x1b[0m \x1b]0;evil\x07", "third")[: asked.lines]
        records = tuple(
            results.LogRecord(time="2026-01-01T00:00:00.000Z", stream="out", instance=0, text=text)
            for text in texts
        )
        found = results.Logs(records=records)
        return Stream(found, self._more_logs()) if asked.follow else found

    async def _more_logs(self) -> AsyncIterator[tuple[str, object]]:
        for number in range(3):
            text = f"more {number}"
            yield "log", results.LogRecord(time="t", stream="err", instance=0, text=text)

    def template_list(self, _caller: Caller, _asked: params.NoParams) -> results.Templates:
        one = results.Template(name="data_app", title="Data app", description="Forms", source="/t")
        return results.Templates(templates=(one,))

    def port_list(self, _caller: Caller, _asked: params.NoParams) -> results.PortMap:
        foreign = None if self.held else results.Foreign(pid=9, command="nginx")
        port = results.Port(port=4001, app="crm", role="frontend", held=self.held, foreign=foreign)
        span = results.PortRange(first=self.first_port, last=self.last_port)
        return results.PortMap(range=span, ports=(port,))

    def events_subscribe(self, _caller: Caller, asked: params.EventsSubscribe) -> Stream:
        return Stream(results.Subscribed(seq=4), self._events(asked.since or 0))

    async def _events(self, since: int) -> AsyncIterator[tuple[str, object]]:
        for seq in range(since + 1, since + 3):
            data = {"state": "ready", "part": 0.5, "text": "building"}
            yield "event", Event(seq=seq, time=1_700_000_000.0, kind="app.changed", app="crm", data=data)

    def daemon_status(self, _caller: Caller, _asked: params.NoParams) -> results.DaemonStatus:
        up = results.Helper(state="up", pid=5, pss_bytes=10_000_000)
        return results.DaemonStatus(
            version="9.9.9", pid=4, uptime_s=3700.0, apps={"ready": 2}, degraded=self.degraded, zygote=up,
            logger=up, memory=results.Memory(rss_bytes=30_000_000), home="/h", socket="/s", python="3.11",
        )  # fmt: skip

    def daemon_stop(self, _caller: Caller, _asked: params.DaemonStop) -> results.Done:
        return results.Done()

    def router(self) -> Router:
        named: dict[str, Handler] = {
            "app.start": self.app_command, "app.stop": self.app_command, "app.restart": self.app_command,
            "port.cleanup": self.port_list,
        }  # fmt: skip
        for method in ("source.put", "spec.propose", "spec.check", "app.create", "app.list", "app.show",
                       "app.delete", "app.logs", "template.list", "port.list", "events.subscribe",
                       "daemon.status", "daemon.stop", "app.adopt", "app.scale", "app.set", "config.show",
                       "config.check", "daemon.reload", "metrics.read", "app.update",
                       "app.data_move"):  # fmt: skip
            named[method] = getattr(self, method.replace(".", "_"))
        return Router({name: self._noted(name, handler) for name, handler in named.items()})

    def _noted(self, name: str, handler: Handler) -> Handler:
        def note(caller: Caller, asked: Any) -> Any:
            self.calls.append((name, asked))
            return handler(caller, asked)

        return note

    def asked(self, name: str) -> Any:
        """Return the parameters of the last call of a method."""
        return [asked for called, asked in self.calls if called == name][-1]

    def serve(self, ready: threading.Event) -> None:
        """Serve until `stop`; runs in a thread of its own."""

        async def until_stopped() -> None:
            stopped = asyncio.Event()
            loop = asyncio.get_running_loop()
            self._stop = partial(loop.call_soon_threadsafe, stopped.set)
            server = RpcServer(self.socket, self.router(), Access(), lambda _pid: False)
            await server.start()
            ready.set()
            await stopped.wait()
            await server.close(grace_s=0.2)

        asyncio.run(until_stopped())

    def stop(self) -> None:
        """End `serve`."""
        self._stop()


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path / "d.sock")
    ready = threading.Event()
    thread = threading.Thread(target=daemon.serve, args=(ready,))
    thread.start()
    assert ready.wait(LIMIT_S)
    yield daemon
    daemon.stop()
    thread.join(LIMIT_S)


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a function that runs `protoddfctl` with a socket of this test."""

    def run_it(*words: str, stdin: str | None = None, **environ: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-c", "import sys; from protoddfctl.cli import main; sys.exit(main())", *words],
            env={**os.environ, "PROTODDF_SOCKET": str(tmp_path / "d.sock"), "COLUMNS": "100", **environ},
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
            cwd=tmp_path,
        )

    return run_it
