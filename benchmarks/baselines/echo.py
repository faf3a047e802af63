"""A bare asyncio server of JSON lines: N records, all of them or one. `echo.py SOCKET N`."""

import asyncio
import json
import sys
from typing import Any


async def serve(path: str, count: int) -> None:
    """Answer `app.list` with all records and `app.show` with one."""
    records: dict[str, dict[str, Any]] = {
        f"app_{number}": {
            "name": f"app_{number}",
            "state": "ready",
            "instances": [{"pid": number, "slot": 0}],
        }
        for number in range(count)
    }

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            request = json.loads(line)
            everything = request["method"] == "app.list"
            result = list(records.values()) if everything else records[request["params"]["name"]]
            writer.write(
                json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}).encode() + b"\n"
            )
            await writer.drain()

    server = await asyncio.start_unix_server(talk, path)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
