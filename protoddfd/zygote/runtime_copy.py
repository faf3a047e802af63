"""Whether an app's own copy of `dataforms` is the one that the zygote has loaded, and what happens if not."""

import os
import socket
import sys
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import NoReturn

_IGNORED = ("__pycache__", "tests")
_PORTION = 64 * 1024


def is_preloaded(folder: Path) -> bool:
    """Return whether the app in `folder` has no `dataforms` of its own, or the same as this process.

    One that is Reflex alone must not have it either: it would be part of what the app's pages are told.
    """
    own = folder / "dataforms"
    return _digest(own) == preloaded() if own.is_dir() else not is_plain(folder)


def is_plain(folder: Path) -> bool:
    """Return whether an app is Reflex alone: it has no spec, and nothing that would render one."""
    return not (folder / "appspec.json").exists() and not (folder / "dataforms").exists()


@lru_cache(maxsize=1)
def preloaded() -> bytes:
    """Return what tells the loaded `dataforms` from others; asked in the zygote, its children know it."""
    import dataforms  # not before it is known whose: the program that runs another copy imports this module

    return _digest(Path(dataforms.__file__).parent)


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


def _digest(folder: Path) -> bytes:
    """Return a hash of all names and contents below `folder`, in the memory of one piece: it is the app's."""
    digester = blake2b()
    piece = memoryview(bytearray(_PORTION))
    for name, path, size in _files(os.fspath(folder)):
        digester.update(f"{name}\0{size}\0".encode())
        descriptor = os.open(path, os.O_RDONLY)
        try:
            while count := os.readv(descriptor, [piece]):
                digester.update(piece[:count])
        finally:
            os.close(descriptor)
    return digester.digest()


def _files(folder: str, prefix: str = "") -> Iterator[tuple[str, str, int]]:
    """Yield name, path and size in bytes of every file that counts, in an order that is always the same."""
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.name in _IGNORED:
            continue
        if entry.is_dir():
            yield from _files(entry.path, f"{prefix}{entry.name}/")
        elif not entry.name.endswith(".pyc"):
            yield f"{prefix}{entry.name}", entry.path, entry.stat().st_size
