"""Files and images: a value says what was uploaded; `dataforms.files` has the bytes.

Must import neither SQLAlchemy nor Reflex.
"""

import re

import msgspec

from dataforms import types_json as json
from dataforms.errors import FieldError
from dataforms.operators import KNOWN
from dataforms.sniffing import may_be
from dataforms.spec import Field
from dataforms.typerow import Attachment, TypeRow
from dataforms.words import phrase, say

MIB = 1_048_576
MAX_MIB = 10
"""The limit of a file's size where the spec says none."""
MAX_MIB_LIMIT = 10_000
NAME_LENGTH = 200
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
"""What every browser shows, and what cannot hold a script."""
ANYTHING = ("*/*",)
ACCEPTED = re.compile(r"\.[A-Za-z0-9]{1,16}|[a-z]+/(\*|[a-z0-9][a-z0-9.+-]{0,100})")
"""An entry of a field's `accept`."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,100}")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\\u2028\u2029\ud800-\udfff]")


def read_file(raw: object, field: Field) -> Attachment:
    """Return what an upload gave, from it or from its JSON; raise FieldError."""
    value = raw if isinstance(raw, Attachment) else _decoded(raw)
    if (
        value.size < 0
        or not _DIGEST.fullmatch(value.digest)
        or not _TYPE.fullmatch(value.type)
        or value.name != safe_name(value.name)
    ):
        raise FieldError(say("Must be a file that was uploaded."))
    fault = size_fault(value.size, field) or type_fault(value.type, value.name, field, ANYTHING)
    if fault:
        raise FieldError(fault)
    return value


def read_image(raw: object, field: Field) -> Attachment:
    """Return what an upload gave, which must be a picture; raise FieldError."""
    value = read_file(raw, field)
    fault = type_fault(value.type, value.name, field, PICTURES)
    if fault:
        raise FieldError(fault)
    return value


def size_limit(field: Field) -> int:
    """Return how many bytes a file may have."""
    return (field.max_mib or MAX_MIB) * MIB


def size_fault(size: int, field: Field) -> str | None:
    """Return what is wrong with a file of `size` bytes; None if nothing is."""
    if size == 0:
        return say("The file is empty.")
    if size > size_limit(field):
        return say("Is too large: at most {most} MiB can be kept.", most=field.max_mib or MAX_MIB)
    return None


def type_fault(kind: str, name: str, field: Field, media: tuple[str, ...]) -> str | None:
    """Return what is wrong with a file of media type `kind`; None if nothing is.

    `media` are the types that the field's type takes, of which its `accept` may leave fewer.
    """
    if any(may_be(kind, name, each) for each in media) and any(
        may_be(kind, name, each) for each in field.accept or media
    ):
        return None
    wanted = ", ".join(word(each) for each in field.accept or media)
    return say("Must be {wanted}; this is {given}.", wanted=wanted, given=word(kind))


_ANY = {
    "image/*": phrase("any image"),
    "audio/*": phrase("any sound"),
    "video/*": phrase("any video"),
    "text/*": phrase("any text"),
}


def word(accepted: str) -> str:
    """Return what people call a media type or an ending: `PNG`, `any image`."""
    if accepted.endswith("/*"):
        return say(_ANY.get(accepted, accepted))
    return accepted.removeprefix(".").rpartition("/")[2].removesuffix("+xml").upper()


def safe_name(name: str) -> str:
    """Return a file's name without folders and without what no name should have; never empty."""
    last = re.split(r"[/\\]", name)[-1]
    clean = _UNSAFE.sub("", last).strip().strip(".").strip() or "file"
    if len(clean) <= NAME_LENGTH:
        return clean
    stem, dot, ending = clean.rpartition(".")
    ending = (dot + ending)[-17:] if stem else ""
    return clean[: NAME_LENGTH - len(ending)].strip() + ending


def show_size(size: int) -> str:
    """Return a number of bytes as people say it: `12 KiB`, `3.4 MiB`."""
    if size < 1024:
        return f"{size} B"
    return f"{size / 1024:.0f} KiB" if size < MIB else f"{size / MIB:.1f} MiB"


def show_file(value: Attachment, field: Field) -> str:
    """Return the file's name."""
    return value.name


def edit_file(value: Attachment, field: Field) -> str:
    """Return the value as JSON."""
    return msgspec.json.encode(value).decode()


def _decoded(raw: object) -> Attachment:
    try:
        if isinstance(raw, str):
            return msgspec.json.decode(raw, type=Attachment)
        return msgspec.convert(raw, Attachment)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise FieldError(say("Must be a file that was uploaded.")) from None


ROWS: tuple[TypeRow[Attachment], ...] = (
    TypeRow(
        type="file",
        names=False,
        widget="file",
        read=read_file,
        shown=show_file,
        edited=edit_file,
        json=json.FILE,
        kind="opaque",
        storage="file",
        filters=KNOWN,
        unique=False,
        sort=None,
        media=ANYTHING,
    ),
    TypeRow(
        type="image",
        names=False,
        widget="file",
        read=read_image,
        shown=show_file,
        edited=edit_file,
        json=json.FILE,
        kind="opaque",
        storage="file",
        filters=KNOWN,
        unique=False,
        sort=None,
        media=PICTURES,
    ),
)
