"""What happens in a forked app process: serve one folder on two sockets, until told to stop.

`prepare_environment` and `preload` run in the zygote before any fork, `run` in the child after it.
Must not import anything of the daemon, nor Reflex before `prepare_environment` was called.
"""

import asyncio
import importlib
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from protoddfd.zygote import first_tables
from protoddfd.zygote.runtime_copy import exec_alone, is_preloaded, preloaded

SWITCHES = {
    "REFLEX_CHECK_LATEST_VERSION": "false",
    "REFLEX_ENV_MODE": "prod",
    "REFLEX_TELEMETRY_ENABLED": "false",
    "__REFLEX_COMPILE_CONTEXT": "run",
    "__REFLEX_SKIP_COMPILE": "true",
}
_IMPORTS = (
    *("sqlalchemy", "socketio", "uvicorn", "reflex_base.config", "reflex_base.vars"),
    *("reflex.compiler.compiler", "reflex.app", "dataforms.app"),
)
"""What takes longest to import, in portions; the rest comes with it."""


def prepare_environment() -> None:
    """Set the switches that make Reflex serve without compiling; call before anything imports it."""
    os.environ.update(SWITCHES)


def preload() -> None:
    """Do all of `preload_steps` at once."""
    for _ in preload_steps():
        pass


def preload_steps() -> Iterator[None]:
    """Import all that an app needs and serve one tiny app once, so that children find it done.

    The zygote serves requests between the steps. They leave no thread, no descriptor and no event loop
    behind, and the working folder as it was.
    """
    for name in _IMPORTS:
        importlib.import_module(name)
        yield
    from protoddfd.zygote import warm

    preloaded()
    yield
    with tempfile.TemporaryDirectory(prefix="protoddf-warm-") as folder:
        warm.serve_once(Path(folder))


def run(folder: Path, module: str, bundle: Path, frontend: socket.socket, backend: socket.socket) -> int:
    """Serve the app in `folder` until SIGTERM or SIGINT; return the exit status.

    `module` is its dotted name, `bundle` a complete frontend bundle, and the sockets are bound and
    listening. Both answer the same: pages, assets, `/ping` and the event websocket. An app whose
    `dataforms` was changed continues as a fresh program in this process, with its own copy.
    """
    if not is_preloaded(folder):
        exec_alone(folder, module, bundle, frontend, backend)
    return serve(folder, module, bundle, [frontend, backend], first_tables.make_apart(folder))


def serve(
    folder: Path, module: str, bundle: Path, sockets: list[socket.socket], helper: int | None = None
) -> int:
    """Serve with the `dataforms` that this process has or finds in `folder`; return the exit status.

    `helper` is a child of this process that is going to end by itself.
    """
    from protoddfd.zygote.http_server import Server
    from protoddfd.zygote.loading import load
    from protoddfd.zygote.own_socket import listen

    server = Server(load(folder, module, bundle))
    with asyncio.Runner() as runner:
        if helper is not None:
            first_tables.reap(helper, runner.get_loop())
        return runner.run(server.run_on([*sockets, *listen()]))
