"""What a file is, by its first bytes; the name decides only among types that begin alike.

Must import neither SQLAlchemy nor Reflex.
"""

import struct
from pathlib import PurePosixPath
from typing import NamedTuple

HEAD_BYTES = 65_536
"""So much of a file's beginning is looked at."""
UNKNOWN = "application/octet-stream"
PLAIN = "text/plain"
ZIP = "application/zip"
OLE = "application/x-ole-storage"
_OPEN_XML = "application/vnd.openxmlformats-officedocument"
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument"

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"PK\x03\x04", ZIP),
    (0, b"PK\x05\x06", ZIP),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (257, b"ustar", "application/x-tar"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
)
"""Where a type's bytes stand, the bytes, and the type."""
_NAMED: dict[str, dict[str, str]] = {
    ZIP: {
        ".docx": f"{_OPEN_XML}.wordprocessingml.document",
        ".xlsx": f"{_OPEN_XML}.spreadsheetml.sheet",
        ".pptx": f"{_OPEN_XML}.presentationml.presentation",
        ".odt": f"{_OPEN_DOCUMENT}.text",
        ".ods": f"{_OPEN_DOCUMENT}.spreadsheet",
        ".odp": f"{_OPEN_DOCUMENT}.presentation",
        ".epub": "application/epub+zip",
    },
    OLE: {
        ".doc": "application/msword",
        ".xls": "application/vnd.ms-excel",
        ".ppt": "application/vnd.ms-powerpoint",
        ".msg": "application/vnd.ms-outlook",
    },
    PLAIN: {
        ".csv": "text/csv",
        ".tsv": "text/tab-separated-values",
        ".md": "text/markdown",
        ".json": "application/json",
        ".ics": "text/calendar",
        ".vcf": "text/vcard",
    },
}
"""What a name's ending says of contents that begin alike."""
_MARKUP: tuple[tuple[bytes, str], ...] = (
    (b"<svg", "image/svg+xml"),
    (b"<!doctype svg", "image/svg+xml"),
    (b"<html", "text/html"),
    (b"<!doctype html", "text/html"),
    (b"<script", "text/html"),
    (b"<!--", "text/html"),
    (b"<?xml", "application/xml"),
)


class Size(NamedTuple):
    """The dimensions of a picture in pixels."""

    width: int
    height: int


def sniffed(head: bytes, name: str) -> str:
    """Return the media type of a file that begins with `head` and is called `name`."""
    content = next((kind for at, mark, kind in _SIGNATURES if head.startswith(mark, at)), "") or _text(head)
    return _NAMED.get(content, {}).get(PurePosixPath(name).suffix.lower(), content)


def may_be(kind: str, name: str, accepted: str) -> bool:
    """Tell whether a file of media type `kind` is one of `accepted`: `image/*`, `application/pdf` or `.pdf`.

    An ending is taken for what it says unless the contents are known to be something else.
    """
    if not accepted.startswith("."):
        family, _, rest = accepted.partition("/")
        return accepted == kind or family == "*" or (rest == "*" and kind.startswith(f"{family}/"))
    if PurePosixPath(name).suffix.lower() != accepted.lower():
        return False
    known = type_of_ending(accepted)
    return kind == known if known else kind in (UNKNOWN, PLAIN)


def type_of_ending(ending: str) -> str | None:
    """Return the media type that contents with this ending, `.pdf`, are known to have; None if unknown."""
    return _ENDINGS.get(ending.lower())


def picture_size(head: bytes) -> Size | None:
    """Return the dimensions that the header of a PNG, JPEG, GIF or WebP says; None if it says none."""
    try:
        if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
            return _positive(*struct.unpack_from(">II", head, 16))
        if head.startswith((b"GIF87a", b"GIF89a")):
            return _positive(*struct.unpack_from("<HH", head, 6))
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return _webp_size(head)
        return _jpeg_size(head) if head.startswith(b"\xff\xd8") else None
    except (struct.error, IndexError):
        return None


def _positive(width: int, height: int) -> Size | None:
    return Size(width, height) if width and height else None


def _webp_size(head: bytes) -> Size | None:
    match head[12:16]:
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", head, 26)
            return _positive(width & 0x3FFF, height & 0x3FFF) if head[23:26] == b"\x9d\x01\x2a" else None
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", head, 21)
            return Size((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1) if head[20] == 0x2F else None
        case b"VP8X":
            return (
                Size(int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1)
                if len(head) >= 30
                else None
            )
        case _:
            return None


def _jpeg_size(head: bytes) -> Size | None:
    """Return what the frame header says; it stands behind segments of any length."""
    at = 2
    while head[at] == 0xFF:
        marker = head[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", head, at + 5)
            return _positive(width, height)
        (length,) = struct.unpack_from(">H", head, at + 2)
        at += 2 + max(length, 2)
    return None


def _text(head: bytes) -> str:
    """Return which text it is, or `UNKNOWN` where it is none."""
    if b"\0" in head:
        return UNKNOWN
    try:
        head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3 or len(head) < HEAD_BYTES:  # else a letter goes on behind the head
            return UNKNOWN
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1024].lower()
    found = next((kind for mark, kind in _MARKUP if start.startswith(mark)), PLAIN)
    return "image/svg+xml" if found == "application/xml" and b"<svg" in start else found


_ENDINGS: dict[str, str] = {
    **{ending: kind for named in _NAMED.values() for ending, kind in named.items()},
    **{".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"},
    **{".webp": "image/webp", ".svg": "image/svg+xml", ".avif": "image/avif", ".heic": "image/heic"},
    **{".tif": "image/tiff", ".tiff": "image/tiff", ".pdf": "application/pdf", ".rtf": "application/rtf"},
    **{".zip": ZIP, ".gz": "application/gzip", ".7z": "application/x-7z-compressed", ".txt": PLAIN},
    **{".html": "text/html", ".htm": "text/html", ".xml": "application/xml", ".tar": "application/x-tar"},
    **{".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".wav": "audio/wav", ".ogg": "audio/ogg"},
    **{".flac": "audio/flac", ".mp4": "video/mp4", ".mov": "video/quicktime", ".webm": "video/webm"},
}
