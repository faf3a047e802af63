"""How files reach the daemon: by path where it can read them itself, else in chunks."""

import base64
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from protoddfctl.client import Client, ClientFault
from protoddfd.wire import results

DATABASES = ("postgresql://", "postgres://")
"""How the address of a database begins."""
CHUNK_BYTES = 512 * 1024
"""Of a file, in one request; as base64 it stays below the request limit."""


def sources_of(client: Client, files: Sequence[str]) -> list[dict[str, Any]]:
    """Return what stands for files, the files in folders, and databases among an app's sources.

    Raises:
        ClientFault: one of them cannot be read.
        ProtoddfError: the daemon refused a chunk.
    """
    return [source_of(client, each) for file in files for each in _in_folder(file)]


def _in_folder(file: str) -> list[str]:
    path = Path(file)
    if file.startswith(DATABASES) or not path.is_dir():
        return [file]
    inside = sorted(str(each) for each in path.iterdir() if each.is_file() and each.name[0] != ".")
    if not inside:
        raise ClientFault(f"there is no file in {file}", hint=f"ls -l {file}")
    return inside


def source_of(client: Client, file: str) -> dict[str, Any]:
    """Return what stands for `file` among an app's sources, uploading it if need be.

    Raises:
        ClientFault: the file cannot be read.
        ProtoddfError: the daemon refused a chunk.
    """
    if file.startswith(DATABASES):
        return {"url": file}
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
