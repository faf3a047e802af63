"""Binary values as dumps write them: hexadecimal in several ways, escaped, or as they are. Pure."""

import binascii
import re

_HEX = re.compile(r"0x([0-9A-Fa-f]*)")
_ESCAPED = re.compile(rb"\\(\\|[0-3][0-7]{2})")
_BARE_HEX = ("\\x", "\\X")


def bytes_of(text: str, dialect: str) -> bytes:
    """Return the bytes that a value stands for, quotes and the escapes of texts being gone already.

    `text` is hexadecimal (`0x8950`, PostgreSQL's `\\x8950`), has PostgreSQL's octal escapes, or is the bytes
    themselves, those that are no UTF-8 as surrogates.
    """
    written = _HEX.fullmatch(text)
    if written is not None:
        return _of_hex(written[1])
    if dialect == "postgres" and text.startswith(_BARE_HEX):
        try:
            return bytes.fromhex(text[2:])
        except ValueError:
            return _raw(text)
    if dialect == "postgres" and "\\" in text:
        return _ESCAPED.sub(_unescaped, _raw(text))
    return _raw(text)


def as_hex(text: str, how: str) -> str:
    """Return as hexadecimal what a function of SQL decodes: `hex`, `base64` or `escape`; raise ValueError."""
    match how.casefold():
        case "hex":
            content = bytes.fromhex(text)
        case "base64":
            content = binascii.a2b_base64("".join(text.split()), strict_mode=True)
        case "escape":
            content = bytes_of(text, "postgres")
        case _:
            raise ValueError(how)
    return f"0x{content.hex()}"


def digits(prefix: str, text: str) -> str:
    """Return the digits of `X'..'` and `B'..'` as hexadecimal."""
    if prefix in "Bb":
        whole = int(text, 2) if text and not text.strip("01") else 0
        return f"0x{whole.to_bytes((len(text) + 7) // 8, 'big').hex()}"
    return f"0x{text}"


def _unescaped(found: re.Match[bytes]) -> bytes:
    return b"\\" if found[1] == b"\\" else bytes((int(found[1], 8),))


def _of_hex(text: str) -> bytes:
    return bytes.fromhex(text if len(text) % 2 == 0 else f"0{text}")


def _raw(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a character, written as an escape
        return text.encode("utf-8", "replace")
