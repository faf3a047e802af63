"""A controller that a test kills: holds two sockets, starts an app and a command, says so, waits."""

import asyncio
import socket
import sys
from pathlib import Path

from protoddfd.edge.zygote_client import ZygoteClient
from protoddfd.zygote.messages import Fork, Notification, Preloaded, Spawn, Started


async def main(home: Path, front: int, back: int) -> None:
    started: asyncio.Queue[Notification] = asyncio.Queue()

    def note(message: Notification) -> None:
        if not isinstance(message, Preloaded):
            started.put_nowait(message)

    client = ZygoteClient(home, 1, note, serve_with="tiny_server")
    await client.connect()
    client.hold("crm", [socket.socket(fileno=front), socket.socket(fileno=back)])
    client.fork(Fork(app="crm", slot=0, life=1, folder="/", module="serve", bundle=""))
    client.spawn(
        Spawn(app="cmd", slot=0, life=1, argv=["sh", "-c", "read line < wait; exit 7"], cwd=str(home))
    )
    for _ in range(2):
        message = await started.get()
        if not isinstance(message, Started):
            raise TypeError(message)
        sys.stdout.write(f"{message.app} {message.pid}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
