"""What the figures were measured on, and whether it had anything else to do."""

import compileall
import os
import platform
import statistics
import sys
import time
from importlib import metadata
from pathlib import Path

import msgspec
import psutil

BUSY_LOAD = 1.5
SOURCES = ("protoddfd", "protoddfctl", "templates/data_app/dataforms")
_PACES = 15
_STEPS = 1_000_000
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


def compile_sources(root: Path) -> None:
    """Compile what is measured, as setting up does: Python may have been told to keep no bytecode."""
    for name in SOURCES:
        compileall.compile_dir(root / name, quiet=2)


def pace_ms() -> float:
    """Return how long this machine takes for a fixed piece of Python at the moment; its neighbours decide."""
    times = []
    for _ in range(_PACES):
        begun = time.perf_counter()
        sum(range(_STEPS))
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1e3


def _disk(folder: Path) -> str:
    found, length = "unknown", -1
    for part in psutil.disk_partitions(all=True):
        if folder.resolve().is_relative_to(part.mountpoint) and len(part.mountpoint) > length:
            found, length = part.fstype, len(part.mountpoint)
    return found
