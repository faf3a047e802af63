"""Whether a request comes from the app's own pages. Imports neither SQLAlchemy nor Reflex."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from dataforms.accounts.account import ForeignOrigin
from dataforms.words import say

SAFE = ("GET", "HEAD", "OPTIONS")


def refuse_foreign(method: str, headers: Mapping[str, str]) -> None:
    """Raise ForeignOrigin unless a request with a browser's session is from a page of the app.

    Browsers name the page's origin with all that changes something, and say of the rest where it is from.
    """
    origin = headers.get("origin")
    if origin is None:
        if method not in SAFE or headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise ForeignOrigin(
                say("This request names no origin."), hint=say("Use a token, or a page of the app.")
            )
    elif urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
        raise ForeignOrigin(say("This request comes from another site."), hint=say("Use a token."))


def own_path(text: str) -> str:
    """Return a path of the app's own pages to go on to; the first page's if `text` leads elsewhere."""
    is_plain = text.startswith("/") and not text.startswith(("//", "/\\", "/auth/"))
    return text if is_plain and text.isprintable() and "\\" not in text and len(text) <= 500 else "/"
