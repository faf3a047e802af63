"""Whether an app's own copy of `dataforms` is the one that the zygote has loaded, and what happens if not."""

import os
import socket
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

_IGNORED = ("__pycache__", "tests")


def is_preloaded(folder: Path) -> bool:
    """Return whether the app in `folder` has no `dataforms` of its own, or the same as this process."""
    own = folder / "dataforms"
    return not own.is_dir() or dict(_files(own)) == _loaded()


def exec_alone(
    folder: Path, module: str, bundle: Path, frontend: socket.socket, backend: socket.socket
) -> NoReturn:
    """Become a fresh program in this process that serves the app; every open descriptor goes with it.

    Among them is the lock that says that this process is the instance.
    """
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - numbers, not paths
        try:
            os.set_inheritable(int(name), True)
        except OSError:  # the one that listed them is closed by now
            continue
    arguments = [str(folder), module, str(bundle), str(frontend.fileno()), str(backend.fileno())]
    os.execv(sys.executable, [sys.executable, "-m", "protoddfd.zygote.alone", *arguments])  # noqa: S606 - no shell is meant


@lru_cache(maxsize=1)
def _loaded() -> dict[str, bytes]:
    import dataforms  # not before it is known whose: the program that runs another copy imports this module

    return dict(_files(Path(dataforms.__file__).parent))


def _files(folder: Path, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in os.scandir(folder):
        if entry.name in _IGNORED:
            continue
        if entry.is_dir():
            yield from _files(Path(entry.path), f"{prefix}{entry.name}/")
        elif not entry.name.endswith(".pyc"):
            yield f"{prefix}{entry.name}", Path(entry.path).read_bytes()
