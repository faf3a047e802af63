"""What the figures were measured on, and whether it had anything else to do."""

import os
import platform
import sys
from importlib import metadata
from pathlib import Path

import msgspec
import psutil

BUSY_LOAD = 1.5
PACKAGES = ("reflex", "uvicorn", "websockets", "sqlalchemy", "msgspec", "cookiecutter")


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """The machine before the start. Memory is in MiB; `load` is the average of the last minute."""

    cores: int
    memory_mib: int
    kernel: str
    python: str
    versions: dict[str, str]
    disk: str
    """The type of the file system that apps are written to."""
    load: float
    busy: bool
    """Was so much else going on that figures must be doubted?"""


def look(scratch: Path) -> Machine:
    """Return the facts about this machine, with the disk that `scratch` is on."""
    load = os.getloadavg()[0]
    return Machine(
        cores=os.cpu_count() or 1,
        memory_mib=psutil.virtual_memory().total >> 20,
        kernel=platform.release(),
        python=platform.python_version() + ("" if sys.flags.optimize == 0 else " -O"),
        versions={name: metadata.version(name) for name in PACKAGES},
        disk=_disk(scratch),
        load=round(load, 2),
        busy=load > BUSY_LOAD,
    )


def _disk(folder: Path) -> str:
    found, length = "unknown", -1
    for part in psutil.disk_partitions(all=True):
        if folder.resolve().is_relative_to(part.mountpoint) and len(part.mountpoint) > length:
            found, length = part.fstype, len(part.mountpoint)
    return found
