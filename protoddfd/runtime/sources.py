"""Files that clients hand over in chunks: bounded by a quota, gone after a while."""

import secrets
import time
from pathlib import Path

import msgspec

from protoddfd.errors import SourceUnknown, TooLarge
from protoddfd.settings import SourceSettings

_MIB = 1024 * 1024


class Upload(msgspec.Struct, kw_only=True):
    """A file that is being, or has been, handed over."""

    name: str
    path: Path
    touched_at: float
    bytes: int = 0
    complete: bool = False


class Sources:
    """The uploads there are, by handle."""

    def __init__(self, folder: Path, settings: SourceSettings) -> None:
        self._folder = folder
        self._settings = settings
        self._uploads: dict[str, Upload] = {}

    def bound(self, settings: SourceSettings) -> None:
        """Take other bounds from now on."""
        self._settings = settings

    def put(self, handle: str | None, name: str, chunk: bytes, *, last: bool) -> str:
        """Append `chunk` to the upload called `handle`, or begin one; return its handle.

        Raises:
            SourceUnknown: there is no such upload, or it is complete.
            TooLarge: all uploads together would be over the quota.
            OSError: the disk refuses.
        """
        self.expire()
        if handle is None:
            handle = secrets.token_hex(16)
            self._uploads[handle] = Upload(name=name, path=self._folder / handle, touched_at=time.monotonic())
        upload = self._find(handle)
        if upload.complete:
            raise SourceUnknown(f"the upload of {upload.name!r} is complete already", hint="begin a new one")
        total = sum(other.bytes for other in self._uploads.values()) + len(chunk)
        if total > self._settings.quota_mib * _MIB:
            self.drop(handle)
            raise TooLarge(
                f"uploads together may have {self._settings.quota_mib} MiB",
                hint="raise sources.quota_mib in config.toml, or pass a path on the daemon's machine",
            )
        with upload.path.open("ab") as file:
            file.write(chunk)
        upload.bytes += len(chunk)
        upload.complete = last
        upload.touched_at = time.monotonic()
        return handle

    def take(self, handle: str) -> Upload:
        """Return a complete upload; raise SourceUnknown when there is none of that handle."""
        self.expire()
        upload = self._find(handle)
        if not upload.complete:
            raise SourceUnknown(
                f"the upload of {upload.name!r} is not complete", hint="send its last chunk with last=true"
            )
        return upload

    def drop(self, handle: str) -> None:
        """Forget an upload and remove its file."""
        upload = self._uploads.pop(handle, None)
        if upload is not None:
            upload.path.unlink(missing_ok=True)

    def expire(self) -> None:
        """Drop what nobody has touched for long."""
        oldest = time.monotonic() - self._settings.expire_s
        for handle in [handle for handle, upload in self._uploads.items() if upload.touched_at < oldest]:
            self.drop(handle)

    def clear_folder(self) -> None:
        """Remove what an earlier daemon left."""
        for path in self._folder.iterdir():
            path.unlink(missing_ok=True)

    def _find(self, handle: str) -> Upload:
        upload = self._uploads.get(handle)
        if upload is None:
            raise SourceUnknown(
                "there is no such upload; it may have expired", hint="hand the file over again"
            )
        return upload
