"""Where the spec of an app is; what is told of an app that has none."""

import asyncio
from pathlib import Path

from dataforms.place import SPEC_FILE
from protoddfd.errors import NotPossible
from protoddfd.runtime.app import App


async def spec_file(app: App) -> Path:
    """Return the file with the spec of an app; raise NotPossible, with what to do, where there is none."""
    record = app.record
    path = Path(record.path) / SPEC_FILE
    if record.owned and await asyncio.to_thread(path.is_file):
        return path
    if not record.owned:
        why = "it was adopted, and its code is its own"
    elif (path.parent / "dataforms").is_dir():
        why = f"{path} is gone"
    else:
        why = f"the template {record.template} makes code without one"
    raise NotPossible(
        f"{app.name} has no spec that could be changed: {why}",
        hint=f"edit what is in {record.path}, then protoddfctl restart {app.name}; or make another app with "
        "protoddfctl create NAME --from FILE, or --describe TEXT",
    )
