"""Opens the source of a sync, whatever it is: its rows, and what tells later whether it has changed."""

import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from dataforms.sheets.sheet import Sheet
from dataforms.spec import AppSpec
from dataforms.spec_sync import Sync
from dataforms.syncing.failed import SourceFailed, Unchanged
from dataforms.syncing.lock import FOLDER, left_by
from dataforms.syncing.picked import ENDINGS, Joined, open_file
from dataforms.syncing.places import digest, place_of
from dataforms.words import say

MOST_FILES = 1_000


class Seen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a source was like: of `how` it is read, and of itself."""

    how: str
    etag: str = ""
    modified: str = ""
    files: tuple[tuple[str, int, int, int], ...] = ()
    """Name, number, time of the last change and size of each."""


class Opened(msgspec.Struct, frozen=True):
    """The rows of a source, and what it is like; empty where nobody can tell."""

    rows: Joined
    fingerprint: str


@contextmanager
def opened(
    spec: AppSpec, sync: Sync, environment: Mapping[str, str], before: str, received: Callable[[int], None]
) -> Iterator[Opened]:
    """Lend the rows of a sync; `before` is the fingerprint of the last run, `received` is told of bytes.

    Raises:
        Unchanged: the source is as it was.
        SourceFailed, DatabaseUnavailable: it cannot be read.
    """
    place = place_of(spec.name, sync, environment)
    seen = Seen(how=digest(spec, sync, place))
    known = _known(before, seen.how)
    columns = tuple(sync.mapping)
    match sync.from_.kind:
        case "file":
            files = _files(sync, Path(place))
            now = msgspec.structs.replace(seen, files=tuple(map(_stamp, files)))
            if known == now:
                raise Unchanged
            parts = {path.name: open_file(path, path.name, sync.from_, columns) for path in files}
            yield Opened(Joined(parts, columns), _written(now))
        case "url":
            from dataforms.syncing.fetching import fetched  # a client of some megabytes

            secret = sync.from_.authorization
            with TemporaryDirectory(dir=FOLDER, prefix=left_by(sync.name)) as folder:
                found = fetched(
                    place,
                    Path(folder),
                    known_host=sync.from_.env is not None,
                    authorization=None if secret is None else environment[secret].strip(),
                    validators=("", "") if known is None else (known.etag, known.modified),
                    received=received,
                )
                pages = {
                    page.name: open_file(page.path, page.name, sync.from_, columns) for page in found.pages
                }
                now = msgspec.structs.replace(seen, etag=found.etag, modified=found.modified)
                yield Opened(Joined(pages, columns), _written(now) if now != seen else "")
        case "database":
            from dataforms.syncing.database_rows import open_table  # of no use to the others

            with open_table(place, sync.from_.schema_, sync.from_.table or "", columns) as table:
                rows: Sheet = table
                yield Opened(Joined({"": rows}, columns), "")


def _known(before: str, how: str) -> Seen | None:
    if not before:
        return None
    known = msgspec.json.decode(before, type=Seen)
    return known if known.how == how else None


def _written(seen: Seen) -> str:
    return msgspec.json.encode(seen).decode()


def _files(sync: Sync, path: Path) -> list[Path]:
    try:
        if not path.is_dir():
            return [_regular(path)]
        pattern = sync.from_.files or "*"
        found = [each for each in sorted(path.glob(pattern)) if each.is_file() and _is_wanted(sync, each)]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceFailed(
            say("{place} cannot be read: {error}.", place=str(path), error=reason),
            say("Check the path and its permissions."),
        ) from error
    if not found or len(found) > MOST_FILES:
        raise SourceFailed(
            say("There are {count} files to read in {place}.", count=len(found), place=str(path)),
            say("Check the folder, and files in the spec."),
        )
    return found


def _regular(path: Path) -> Path:
    """Return a path that is one of a file; raise OSError, ValueError."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError(say("it is no file"))
    return path


def _is_wanted(sync: Sync, path: Path) -> bool:
    return sync.from_.files is not None or path.suffix.lower() in ENDINGS


def _stamp(path: Path) -> tuple[str, int, int, int]:
    found = path.stat()
    return path.name, found.st_ino, found.st_mtime_ns, found.st_size
