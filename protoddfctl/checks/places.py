"""Are the folders and the socket there, of the right owner, and is there room?"""

import grp
import os
import pwd
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from protoddfctl.checks import Finding
from protoddfctl.checks.environment import SET_UP
from protoddfctl.show import size

LOW_DISK_BYTES = 2 * 1024**3
NO_DISK_BYTES = 200 * 1024**2
FEW_NODES = 10_000
_INSIDE = ("run", "state", "logs", "generated")
_MOST_INSIDE = 200
"""Of a folder's entries, so many are looked at."""


def folder(what: str, path: Path) -> Finding:
    """Judge whether a folder is there, or can be made, and can be written to."""
    existing = _nearest(path)
    if not existing.is_dir():
        return Finding(
            "fail", what, f"{existing} is no folder", f"move it away: mv {existing} {existing}.old"
        )
    if not os.access(existing, os.W_OK | os.X_OK):
        me = user(os.geteuid())
        said = f"{existing} cannot be written to by {me}"
        return Finding(
            "fail", what, said, f"make it yours: sudo chown -R {me}: {path}; look: ls -ld {existing}"
        )
    return Finding("ok", what, str(path) if existing == path else f"{path} (will be made)")


def owner(home: Path, uid: int) -> Finding:
    """Judge whether the home and what is in it belong to the user that the daemon runs as."""
    me = user(uid)
    for path in _owned(home):
        try:
            found = path.lstat().st_uid
        except OSError:
            continue
        if found == uid:
            continue
        if uid == 0 and path == home:
            said = f"{home} belongs to {user(found)}, and you are {me}: what you start leaves files behind"
            return Finding("warn", "owner", said, f"become its owner: sudo -u {user(found)} -s")
        said = f"{path} belongs to {user(found)}, and the daemon runs as {me}"
        return Finding("fail", "owner", said, f"give it back: sudo chown -R {me}: {home}")
    return Finding("ok", "owner", me)


def _owned(home: Path) -> Iterator[Path]:
    """Yield the home, what it keeps, and the files of its state and of its helpers."""
    if not os.path.exists(home):  # noqa: PTH110  a Path raises where it may not look
        return
    yield home
    for name in _INSIDE:
        inside = home / name
        if not os.path.exists(inside):  # noqa: PTH110
            continue
        yield inside
        try:
            with os.scandir(inside) as entries:
                yield from (Path(entry.path) for entry, _ in zip(entries, range(_MOST_INSIDE), strict=False))
        except OSError:
            continue


def disk(what: str, path: Path) -> Finding:
    """Judge the free space where `path` is or will be, and whether files can still be made there."""
    place = _nearest(path)
    free = shutil.disk_usage(place).free
    nodes = os.statvfs(place)
    cure = f"free some space: du -xh --max-depth=2 {place} | sort -h | tail"
    if free < NO_DISK_BYTES:
        return Finding("fail", what, f"no space: {size(free)} free at {path}", cure)
    if nodes.f_files and nodes.f_favail < FEW_NODES:
        return Finding("fail", what, f"only {nodes.f_favail} more files can be made at {path}", cure)
    if free < LOW_DISK_BYTES:
        return Finding("warn", what, f"{size(free)} free at {path}", cure)
    return Finding("ok", what, f"{size(free)} free")


def bundle(cache: Path) -> Finding:
    """Judge whether a frontend bundle is there, so that the first app needs no build."""
    bundles = cache / "bundles"
    try:
        found = any(each.is_dir() for each in bundles.iterdir() if each.name[0] != ".")
    except OSError:
        found = False
    if found:
        return Finding("ok", "bundle", f"in {bundles}")
    return Finding("warn", "bundle", f"none in {cache}: the first app waits for a build", SET_UP)


def socket_file(path: Path, start: str) -> Finding:
    """Judge the socket as the file that it is; `start` is the command that starts a daemon."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return Finding("fail", "socket", f"{path} is not there: no daemon was started", f"start it: {start}")
    except OSError as error:
        return Finding("fail", "socket", f"{path}: {error.strerror}", _way_in(_nearest(path)))
    if not stat.S_ISSOCK(found.st_mode):
        said = f"{path} is no socket"
        return Finding("fail", "socket", said, f"mv {path} {path}.old, and start the daemon: {start}")
    if not os.access(path, os.W_OK):
        said = f"{path} is for {user(found.st_uid)} and the group {_group(found.st_gid)}, not for you"
        return Finding("fail", "socket", said, _way_in(path))
    return Finding("ok", "socket", str(path))


def _way_in(path: Path) -> str:
    """Return how one gets to what only others may use."""
    try:
        found = path.stat()
    except OSError:
        return f"ls -ld {path.parent}"
    if found.st_gid == 0 or not found.st_mode & stat.S_IWGRP:
        return f"become {user(found.st_uid)}, or have access.operator_group name a group of yours"
    group = _group(found.st_gid)
    return f"join the group: sudo usermod -aG {group} {user(os.geteuid())}, then log in again"


def user(uid: int) -> str:
    """Return a user's name, or the number where there is none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _nearest(path: Path) -> Path:
    """Return `path`, or the closest folder above it that is seen to exist."""
    while not os.path.exists(path) and path != path.parent:  # noqa: PTH110
        path = path.parent
    return path
