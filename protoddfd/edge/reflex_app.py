"""How a Reflex app that somebody else made is run: in its own environment where it has one, else in ours."""

import os
import sys
from pathlib import Path

_SCRIPT = (
    'PATH="$(dirname -- "$0"):$1:$PATH" REFLEX_USE_SYSTEM_BUN=true REFLEX_TELEMETRY_ENABLED=false; '
    "export PATH REFLEX_USE_SYSTEM_BUN REFLEX_TELEMETRY_ENABLED; "
    'exec "$0" -m reflex run --env prod --frontend-port "$FRONTEND_PORT" --backend-host 127.0.0.1'
)
"""The interpreter and the folder of our tools (node, bun) are arguments, the ports are in the environment."""

_ENVIRONMENTS = (".venv", "venv", "env")


class NoReflexApp(Exception):
    """The folder holds no Reflex app; the text says what is missing."""


def command(folder: Path) -> tuple[str, ...]:
    """Return the command that serves the Reflex app in `folder` on the ports that its environment names.

    Raises:
        NoReflexApp: there is no rxconfig.py.
    """
    if not (folder / "rxconfig.py").is_file():
        raise NoReflexApp(f"{folder} holds no Reflex app: there is no rxconfig.py in it")
    own = (folder / name / "bin" / "python" for name in _ENVIRONMENTS)
    python = next((str(each) for each in own if os.access(each, os.X_OK)), sys.executable)
    return ("/bin/sh", "-c", _SCRIPT, python, str(Path(sys.executable).parent))
