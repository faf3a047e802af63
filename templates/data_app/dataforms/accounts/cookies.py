"""The session's cookie, whose name differs from app to app. Imports neither SQLAlchemy nor Reflex.

Browsers send a cookie of one port of a host to all others: two apps must not take each other's.
"""

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

Headers = list[tuple[bytes, bytes]]
SHORT_S = 60
"""How long a message for the next page is kept."""


class Note(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the next page has to say, after a form that was sent without a script; what was typed into it."""

    message: str = ""
    errors: dict[str, str] = {}
    """A message by the name of the input."""
    email: str = ""
    name: str = ""


class Names:
    """The names of one app's cookies."""

    def __init__(self, app: str, folder: Path) -> None:
        mark = hashlib.sha256(f"{app}\0{folder}".encode()).hexdigest()[:12]
        self._session, self._note, self._flow = f"df_{mark}", f"df_note_{mark}", f"df_flow_{mark}"
        self.language = f"df_language_{mark}"
        """The one that the page itself sets when its reader chooses a language."""

    def session(self, *, is_secure: bool) -> str:
        """Return the name of the session's; a secure one cannot be set by a neighbouring host."""
        return f"__Host-{self._session}" if is_secure else self._session

    def note(self) -> str:
        """Return the name of what the next page has to say."""
        return self._note

    def flow(self, *, is_secure: bool) -> str:
        """Return the name of what ties a provider's answer to the browser that asked."""
        return f"__Host-{self._flow}" if is_secure else self._flow


def cookie(name: str, value: str, *, age_s: int, is_secure: bool) -> tuple[bytes, bytes]:
    """Return the header that sets a cookie for `age_s` seconds; none deletes it."""
    text = f"{name}={value}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Lax"
    return b"set-cookie", (text + ("; Secure" if is_secure else "")).encode()


def note_value(note: Note) -> str:
    """Return a note as the value of a cookie."""
    return base64.urlsafe_b64encode(msgspec.json.encode(note)).decode()


def read_note(value: str) -> Note | None:
    """Return the note in a cookie's value; None if there is none that can be read."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(value.encode()), type=Note)
    except (ValueError, msgspec.MsgspecError):
        return None


def read(headers: Iterable[tuple[bytes, bytes]], name: str) -> str:
    """Return the value of a cookie; empty without one."""
    for key, value in headers:
        if key == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                found, _, text = pair.strip().partition("=")
                if found == name:
                    return text
    return ""


def without(headers: Iterable[tuple[bytes, bytes]], names: frozenset[str]) -> Headers:
    """Return headers without the cookies of these names."""
    kept: Headers = []
    for key, value in headers:
        if key != b"cookie":
            kept.append((key, value))
            continue
        pairs = [pair.strip() for pair in value.decode("latin-1").split(";")]
        rest = "; ".join(pair for pair in pairs if pair.partition("=")[0] not in names)
        if rest:
            kept.append((key, rest.encode("latin-1")))
    return kept
