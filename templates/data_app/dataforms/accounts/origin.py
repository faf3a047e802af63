"""Whether a request comes from the app's own pages. Imports neither SQLAlchemy nor Reflex."""

import ipaddress
import socket
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


def refuse_renamed(server: str, host: str, own: str) -> None:
    """Raise ForeignOrigin for a name that an app on loopback does not go by; `own` is its address, if known.

    Whoever has a name of their own point to loopback sends it as `Host` and in `Origin`: their page is of the
    same origin then, and only the name gives it away.
    """
    name = _name(host)
    if not host or not is_loopback(server) or is_address(name):
        return
    known = ("localhost", socket.gethostname().lower(), urlsplit(own).hostname)
    if name not in known and not name.endswith(".localhost"):
        raise ForeignOrigin(
            say("This app is not called {name}.", name=name),
            hint=say("Whoever runs it sets APP_URL to the address that it has."),
        )


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return host


def is_loopback(host: str) -> bool:
    """Tell whether no other machine reaches a server at that address; a path is none."""
    return not is_address(host) or ipaddress.ip_address(host.partition("%")[0]).is_loopback


def is_address(host: str) -> bool:
    """Tell whether a host is an IP address rather than a name."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def own_path(text: str) -> str:
    """Return a path of the app's own pages to go on to; the first page's if `text` leads elsewhere."""
    is_plain = text.startswith("/") and not text.startswith(("//", "/\\", "/auth/"))
    return text if is_plain and text.isprintable() and "\\" not in text and len(text) <= 500 else "/"
