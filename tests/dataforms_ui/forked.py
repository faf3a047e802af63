"""A parent as the zygote is one: prepares itself, forks one app, and says what it saw as JSON."""

import gc
import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path

from protoddfd.zygote import serve


def descriptors() -> list[str]:
    return sorted(each.name for each in Path("/proc/self/fd").iterdir())


def main(folder: Path, bundle: Path) -> None:
    serve.prepare_environment()
    before = descriptors()
    where = Path.cwd()
    serve.preload()
    from protoddfd.zygote.visitor import get, open_page

    gc.freeze()
    seen: dict[str, object] = {
        "descriptors_kept": descriptors() == before,
        "threads": threading.active_count(),
        "tasks": len(list(Path("/proc/self/task").iterdir())),
        "folder_kept": Path.cwd() == where,
    }
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    ports = [each.getsockname()[1] for each in sockets]
    child = os.fork()
    if child == 0:
        os._exit(serve.run(folder, "shop_app.shop", bundle, *sockets))
    import asyncio

    answers = [asyncio.run(get(port, target)) for port in ports for target in ("/ping", "/", "/t/customer")]
    seen["statuses"] = [answer.split(b" ", 2)[1].decode() for answer in answers]
    seen["dated"] = all(b"\r\ndate: " in answer.lower() for answer in answers)
    messages = asyncio.run(open_page(ports[0], "/t/customer", b"Ada"))
    seen["title"] = b"Customers" in messages[-1]
    seen["child_tasks"] = len(list(Path(f"/proc/{child}/task").iterdir()))
    os.kill(child, signal.SIGTERM)
    seen["exit_status"] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
