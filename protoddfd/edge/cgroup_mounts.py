"""Where this process stands in the machine's cgroups, and what of that is ours to divide further."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

CONTROLLERS = frozenset({"memory", "cpu", "pids"})
OWN_LEAF = "protoddf.daemon"
"""Where the processes of a delegated cgroup (v2) are put: a cgroup that is divided may hold none itself."""

_DELEGATED = ("user.delegate", "trusted.delegate")
"""The marks by which systemd tells that it leaves a cgroup and all below it to a service (`Delegate=`)."""


class Hierarchy(NamedTuple):
    """A cgroup in which others can be made, and the controllers that these will have."""

    version: Literal[1, 2]
    controllers: frozenset[str]
    folder: Path


def own_cgroups(mountinfo: str, membership: str) -> list[Hierarchy]:
    """Return the cgroups that a process is in and that can be seen, those of version 2 first.

    `mountinfo` and `membership` are the texts of /proc/PID/mountinfo and /proc/PID/cgroup.
    """
    found: list[Hierarchy] = []
    for root, mounted_on, kind, options in _mounts(mountinfo):
        for controllers, path in _memberships(membership):
            if (kind == "cgroup2") != (not controllers) or not controllers <= options:
                continue
            if (inside := _below(path, root)) is not None:
                version: Literal[1, 2] = 2 if kind == "cgroup2" else 1
                found.append(Hierarchy(version, controllers & CONTROLLERS, mounted_on / inside))
    return sorted(
        (each for each in found if each.version == 2 or each.controllers), key=lambda it: -it.version
    )


def divisible(own: Hierarchy) -> Hierarchy | None:
    """Return the cgroup, `own` or the one above it, in which controllers can be had; None: there is none."""
    if own.version == 1:
        return own
    above = own.folder.parent
    if own.folder.name == OWN_LEAF:
        return _with_controllers(above)
    is_root = not (own.folder / "cgroup.type").exists()
    if is_root or _is_delegated(own.folder):
        return _with_controllers(own.folder)
    return _with_controllers(above) if _is_delegated(above) else None


def _with_controllers(folder: Path) -> Hierarchy | None:
    wanted = _words(folder / "cgroup.controllers") & CONTROLLERS
    if wanted - _words(folder / "cgroup.subtree_control"):
        if (folder / "cgroup.type").exists():
            _move_into_leaf(folder)
        for controller in sorted(wanted):
            with suppress(OSError):  # what is refused is missing afterwards
                (folder / "cgroup.subtree_control").write_text(f"+{controller}", encoding="ascii")
    had = wanted & _words(folder / "cgroup.subtree_control")
    return Hierarchy(2, had, folder) if had else None


def _move_into_leaf(folder: Path) -> None:
    leaf = folder / OWN_LEAF
    with suppress(OSError):  # then dividing fails too, and that is what counts
        leaf.mkdir(exist_ok=True)
        for pid in (folder / "cgroup.procs").read_text(encoding="ascii").split():
            with suppress(ProcessLookupError):
                (leaf / "cgroup.procs").write_text(pid, encoding="ascii")


def _is_delegated(folder: Path) -> bool:
    for name in _DELEGATED:
        with suppress(OSError):
            if os.getxattr(folder, name) == b"1":
                return os.access(folder / "cgroup.subtree_control", os.W_OK)
    return False


def _words(path: Path) -> frozenset[str]:
    try:
        return frozenset(path.read_text(encoding="ascii").split())
    except OSError:
        return frozenset()


def _mounts(mountinfo: str) -> Iterator[tuple[str, Path, str, frozenset[str]]]:
    """Yield root, mount point, type and super options of each mounted hierarchy."""
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        kind, _, rest = right.partition(" ")
        if kind in ("cgroup", "cgroup2"):
            fields = left.split()
            options = frozenset(rest.split()[-1].split(","))
            yield _plain(fields[3]), Path(_plain(fields[4])), kind, options


def _memberships(membership: str) -> Iterator[tuple[frozenset[str], str]]:
    for line in membership.splitlines():
        _, controllers, path = line.split(":", 2)
        yield frozenset(controllers.split(",")) - {""}, path


def _plain(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def _below(path: str, root: str) -> str | None:
    """Return `path` as seen from a mount of `root`; None when it cannot be seen there."""
    if root == "/":
        return path.lstrip("/") if not path.startswith("/..") else None
    if path == root or path.startswith(root + "/"):
        return path[len(root) :].lstrip("/")
    return None
