"""How files reach the daemon: by path where it can read them itself, else in chunks."""

import base64
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from protoddfctl.client import Client, ClientFault
from protoddfd.wire import results

DATABASE_URL = re.compile(r"postgres(?:ql)?(?:\+\w+)?://")
"""How the address of a database begins."""
VARIABLE = "env:"
"""How a source begins that is in a variable of the caller's environment, where nobody else reads it."""
CHUNK_BYTES = 512 * 1024
"""Of a file, in one request; as base64 it stays below the request limit."""


def sources_of(client: Client, files: Sequence[str]) -> list[dict[str, Any]]:
    """Return what stands for files, the files in folders, and databases among an app's sources.

    Raises:
        ClientFault: one of them cannot be read.
        ProtoddfError: the daemon refused a chunk.
    """
    return [source for file in files for source in _sources(client, file)]


def _sources(client: Client, file: str) -> list[dict[str, Any]]:
    """Return what stands for a source; one that a variable has is never told, for it may have a password."""
    if not file.startswith(VARIABLE):
        return [source_of(client, each, each) for each in _in_folder(file, file)]
    name = file.removeprefix(VARIABLE)
    value = os.environ.get(name, "").strip() if name and "=" not in name else ""
    if not value:
        raise ClientFault(
            f"there is no source in the variable {name!r} of this shell",
            hint="to put one there that no history keeps: read -rs NAME && export NAME",
        )
    called = f"the source in the variable {name}"
    return [source_of(client, each, called) for each in _in_folder(value, called)]


def _in_folder(file: str, called: str) -> list[str]:
    if DATABASE_URL.match(file) or not os.path.isdir(file):  # noqa: PTH112 -- a text of any length is a name
        return [file]
    inside = sorted(str(each) for each in Path(file).iterdir() if each.is_file() and each.name[0] != ".")
    if not inside:
        raise ClientFault(f"there is no file in {called}", hint="name a folder with files in it")
    return inside


def source_of(client: Client, file: str, called: str) -> dict[str, Any]:
    """Return what stands for `file` among an app's sources, uploading it if need be; `called` in errors.

    Raises:
        ClientFault: the file cannot be read.
        ProtoddfError: the daemon refused a chunk.
    """
    if DATABASE_URL.match(file):
        return {"url": file}
    path = Path(file)
    _require_readable(path, called)
    if client.peer_uid() == os.geteuid():
        return {"path": str(path.absolute())}
    return {"source": _upload(client, path), "name": path.name}


def _require_readable(path: Path, called: str) -> None:
    if not os.path.isfile(path):  # noqa: PTH113 -- as above
        what = "is a folder" if os.path.isdir(path) else "does not exist"  # noqa: PTH112 -- as above
        raise ClientFault(
            f"{called} {what}",
            hint="name a file, such as a CSV or an Excel file, or postgresql://USER@HOST/NAME",
        )
    if not os.access(path, os.R_OK):
        raise ClientFault(f"{called} may not be read", hint="ls -l shows whose it is")


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
