"""Which bytes a file is made of: refuses what is no text, and finds an encoding that decodes every byte.

Reads the whole file once, in blocks, so that later passes never meet an undecodable byte.
"""

import codecs
import re
from pathlib import Path

import charset_normalizer
import msgspec

from dataforms.sheets.refused import ImportRefused
from dataforms.sheets.vocabulary import word_set

_BLOCK = 1 << 20
_FEW = 4
_CONTROL_BYTES = bytes((*range(9), 11, 12, *range(14, 32), 127))
CONTROLS = re.compile("[" + re.escape(_CONTROL_BYTES.decode()) + "]")
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a PNG image", ""),
    (b"\xff\xd8\xff", "a JPEG image", ""),
    (b"GIF8", "a GIF image", ""),
    (b"%PDF-", "a PDF document", "copy the table out of it into a spreadsheet and save that as CSV"),
    (b"SQLite format 3\0", "an SQLite database", "export its tables as CSV"),
    (b"PAR1", "a Parquet file", "convert it to CSV first"),
    (b"\x1f\x8b", "a gzip archive", "unpack it first and import the CSV inside"),
    (b"BZh", "a bzip2 archive", "unpack it first and import the CSV inside"),
    (b"\xfd7zXZ\0", "an xz archive", "unpack it first and import the CSV inside"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it first and import the CSV inside"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it first and import the CSV inside"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", "unpack it first and import the CSV inside"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Office document", "open it and save it as CSV (UTF-8)"),
    (b"\x7fELF", "a program", ""),
    (b"MZ\x90", "a program", ""),
)
_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Encodings of scripts other than Latin: taken from the detector only where most letters are not ASCII.
_OTHER_SCRIPTS = word_set(
    "cp1251 koi8_r koi8_u iso8859_5 cp866 mac_cyrillic cp1253 iso8859_7 cp1255 cp1256 cp874 cp932 shift_jis "
    "euc_jp gb18030 gbk gb2312 big5 euc_kr cp949"
)
_DEFAULT_HINT = "import a text file with comma, semicolon or tab separated values"


class TextEncoding(msgspec.Struct, frozen=True, kw_only=True):
    """How to decode a file. `controls` says that control characters occur, which nothing can show or keep."""

    name: str
    controls: bool = False
    guessed: bool = False


def detect(path: Path) -> TextEncoding:
    """Return an encoding in which every byte of the file decodes.

    Raises:
        ImportRefused: the file is empty, unreadable, or not text.
    """
    try:
        head = _head(path)
    except OSError as error:
        raise ImportRefused(
            f"cannot be read: {error.strerror}", "check the file and its permissions"
        ) from error
    if not head.strip(b"\0 \t\r\n"):
        raise ImportRefused("the file is empty", "choose a file with a header line and at least one row")
    _refuse_known_binary(head)
    for bom, name in _BOMS:
        if head.startswith(bom):
            return _with_bom(path, name)
    wide = _wide_without_bom(head)
    if wide is not None and _decodes(path, wide):
        return TextEncoding(name=wide, controls=_has_controls(path, wide), guessed=True)
    _refuse_control_bytes(head)
    return _without_bom(path, head)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1 << 16)


def _refuse_known_binary(head: bytes) -> None:
    for signature, what, hint in _SIGNATURES:
        if head.startswith(signature):
            raise ImportRefused(f"this is {what}, not a CSV file", hint or _DEFAULT_HINT)
    if not head.startswith(b"PK\x03\x04"):
        return
    if b"xl/" in head or b"[Content_Types].xml" in head:
        raise ImportRefused(
            "this is an Excel workbook, not a CSV file", "open it and save each sheet as CSV (UTF-8)"
        )
    if b"opendocument" in head:
        raise ImportRefused(
            "this is an OpenDocument file, not a CSV file", "open it and save each sheet as CSV"
        )
    raise ImportRefused(
        "this is a ZIP archive, not a CSV file", "unpack it first and import the CSV files inside"
    )


def _refuse_control_bytes(head: bytes) -> None:
    text = head.translate(None, bytes(range(1, 9)) + bytes(range(14, 27)) + bytes(range(28, 32)))
    controls = len(head) - len(text)
    nuls = head.count(0)
    if controls > max(_FEW, len(head) // 50) or nuls > max(_FEW, len(head) // 10):
        raise ImportRefused("this is binary data, not a CSV file", _DEFAULT_HINT)


def _wide_without_bom(head: bytes) -> str | None:
    """Return utf-16-le or -be when every second byte is mostly zero: text of that kind without a mark."""
    even, odd = head[0::2], head[1::2]
    if len(odd) < 4:
        return None
    if odd.count(0) > 0.6 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.6 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return None


def _with_bom(path: Path, name: str) -> TextEncoding:
    if not _decodes(path, name):
        if name == "utf-8-sig":
            return _narrow(path, "cp1252" if _decodes(path, "cp1252") else "latin-1", guessed=True)
        raise ImportRefused(
            f"it begins as {name.upper()} text and then stops being text", "save it as UTF-8 again"
        )
    return TextEncoding(name=name, controls=_has_controls(path, name))


def _without_bom(path: Path, head: bytes) -> TextEncoding:
    if _decodes(path, "utf-8"):
        return _narrow(path, "utf-8", guessed=False)
    for name in (_other_script(path, head), "cp1252"):
        if name is not None and _decodes(path, name):
            return _narrow(path, name, guessed=True)
    return _narrow(path, "latin-1", guessed=True)


def _narrow(path: Path, name: str, *, guessed: bool) -> TextEncoding:
    return TextEncoding(name=name, controls=_has_controls(path, name), guessed=guessed)


def _other_script(path: Path, head: bytes) -> str | None:
    """Return the encoding of a text mostly in a script other than Latin, else None."""
    high = sum(byte > 127 for byte in head)
    letters = sum(65 <= byte <= 90 or 97 <= byte <= 122 for byte in head)
    if high < 8 or high < 0.3 * (high + letters):
        return None
    best = charset_normalizer.from_bytes(head[: 1 << 14]).best()
    return best.encoding if best is not None and best.encoding in _OTHER_SCRIPTS else None


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            try:
                decoder.decode(block)
            except UnicodeError:
                return False
    try:
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _has_controls(path: Path, encoding: str) -> bool:
    """Return whether a file that decodes has characters that CONTROLS matches."""
    wide = encoding.startswith(("utf-16", "utf-32"))
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if wide:
                found = CONTROLS.search(decoder.decode(block)) is not None
            else:
                found = len(block.translate(None, _CONTROL_BYTES)) < len(block)
            if found:
                return True
    return False
