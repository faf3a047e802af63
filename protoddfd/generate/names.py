"""App names: which ones can be a folder, a Python module and a URL at once, and what to say of the others.

Must stay light: the daemon asks it for every `app.create`.
"""

import keyword
import re
import site
import sys
import unicodedata
from importlib.machinery import PathFinder

from protoddfd.spec import Problem

LONGEST = 40
"""Characters in the longest name: it stands in socket, lock and log file names too."""

TEMPORARY_PREFIX = ".making-"
"""What the names of folders begin with in which apps are being written, before they get their names."""

DELETED_SUFFIX = ".deleted"
"""What the name of an app's folder ends in, after a dot and its name, while it is being removed."""

_NAME = re.compile(rf"[a-z][a-z0-9_]{{0,{LONGEST - 1}}}")

_RESERVED = {
    "all": "it means every app",
    "logger": "Proto-DDF's own log and lock files have it",
    "protoddfd": "Proto-DDF's own log and lock files have it",
    "reflex": "Reflex refuses it",
    "zygote": "Proto-DDF's own log and lock files have it",
}


def temporary_prefix(name: str) -> str:
    """Return what the folder's name begins with in which that app is being written, and no other."""
    return f"{TEMPORARY_PREFIX}{name}-"


def check_name(name: str) -> Problem | None:
    """Return what keeps `name` from being an app's name, with a name that would do; None when it is fine."""
    reason = _fault(name)
    if reason is None:
        return None
    return Problem(
        path="name",
        message=f"{_shown(name)} cannot be an app's name: {reason}",
        hint=f"try {suggest_name(name)!r}",
    )


def suggest_name(text: str) -> str:
    """Return a valid app name that resembles `text`: `My Sales!` -> `my_sales`; without letters `my_app`."""
    ascii_text = unicodedata.normalize("NFKD", text[: 4 * LONGEST]).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "_", ascii_text).strip("_")
    if not slug:
        return "my_app"
    if not slug[0].isalpha():
        slug = f"app_{slug}"
    slug = slug[:LONGEST].rstrip("_")
    return slug if _fault(slug) is None else f"{slug[: LONGEST - 5]}_data"


def _fault(name: str) -> str | None:
    """Return why `name` cannot be an app's name, as the end of a sentence."""
    if not name:
        return "it is empty"
    if len(name) > LONGEST:
        return f"it has {len(name)} characters, and {LONGEST} is the most"
    if not _NAME.fullmatch(name):
        return "it must be lower case letters, digits and underscores, and start with a letter"
    if keyword.iskeyword(name):
        return "it is a word of the Python language, and the app's module has the app's name"
    if name in _RESERVED:
        return _RESERVED[name]
    if _is_installed(f"{name}_app"):
        return f"a Python package called {name}_app is installed, and the app's own package has that name"
    return None


def _is_installed(module: str) -> bool:
    """Tell whether a library that apps could import is called `module`."""
    return (
        module in sys.stdlib_module_names or PathFinder.find_spec(module, site.getsitepackages()) is not None
    )


def _shown(name: str) -> str:
    """Return `name` quoted for a message, what cannot be printed escaped, cut when long."""
    return repr(name if len(name) <= LONGEST + 20 else name[:LONGEST] + "...")
