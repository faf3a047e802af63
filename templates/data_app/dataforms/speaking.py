"""In which language a request is answered: an ASGI layer that finds it out before all others are asked."""

from collections.abc import Mapping

from dataforms.accounts.cookies import read
from dataforms.frontend import AsgiApp, Receive, Scope, Send
from dataforms.words import ENGLISH, Language, language_of, speak, speaking


class Speaking:
    """Has `say` speak the language of whoever sends a request: `cookie` has their choice.

    `default` is for browsers that ask for none that there is; programs that ask for none get English.
    """

    def __init__(self, app: AsgiApp, cookie: str, default: Language | None) -> None:
        self._app, self._cookie, self._default = app, cookie, default or ENGLISH

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        accepted = _header(scope, b"accept-language")
        chosen = read(scope["headers"], self._cookie)
        is_program = not accepted and not _header(scope, b"accept").startswith("text/html")
        with speaking(language_of(chosen, accepted, ENGLISH if is_program else self._default)):
            await self._app(scope, receive, send)


class Listening:
    """Has `say` speak the language of a browser tab, whose connection's `headers` it is told."""

    def __init__(self, cookie: str, default: Language | None) -> None:
        self._cookie, self._default = cookie, default or ENGLISH

    def __call__(self, headers: Mapping[str, str]) -> None:
        """Speak that language in this task from now on."""
        chosen = read([(b"cookie", headers.get("cookie", "").encode("latin-1", "replace"))], self._cookie)
        speak(language_of(chosen, headers.get("accept-language", ""), self._default))


def _header(scope: Scope, name: bytes) -> str:
    return next((bytes(value).decode("latin-1") for key, value in scope["headers"] if key == name), "")
