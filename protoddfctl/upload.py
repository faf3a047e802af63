"""How files reach the daemon: by path where it can read them itself, else in chunks."""

import base64
import os
from pathlib import Path
from typing import Any

from protoddfctl.client import Client, ClientFault
from protoddfd.wire import results

CHUNK_BYTES = 512 * 1024
"""Of a file, in one request; as base64 it stays below the request limit."""


def source_of(client: Client, file: str) -> dict[str, Any]:
    """Return what stands for `file` among an app's sources, uploading it if need be.

    Raises:
        ClientFault: the file cannot be read.
        ProtoddfError: the daemon refused a chunk.
    """
    path = Path(file)
    _require_readable(path)
    if client.peer_uid() == os.geteuid():
        return {"path": str(path.absolute())}
    return {"source": _upload(client, path), "name": path.name}


def _require_readable(path: Path) -> None:
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise ClientFault(f"{path} {what}", hint="name a file, such as a CSV or an Excel file")
    if not os.access(path, os.R_OK):
        raise ClientFault(f"{path} may not be read", hint=f"ls -l {path}")


def _upload(client: Client, path: Path) -> str:
    source: str | None = None
    with path.open("rb") as file:
        chunk = file.read(CHUNK_BYTES)
        while True:
            following = file.read(CHUNK_BYTES)
            params: dict[str, Any] = {
                "name": path.name,
                "chunk_base64": base64.b64encode(chunk).decode(),
                "last": not following,
            }
            if source is not None:
                params["source"] = source
            source = client.call("source.put", params, type=results.SourceId).source
            if not following:
                return source
            chunk = following
