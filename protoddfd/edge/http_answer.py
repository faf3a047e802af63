"""One HTTP/1.1 request and the answer to it as bytes, read by h11: bounded, and without a socket."""

from urllib.parse import quote, urlsplit

import h11

BODY_LIMIT = 64 * 1024
"""So much of a body is read; what follows is not waited for."""
AGENT = "protoddfd"
"""Apps know checks by it: they do not count as use."""
_TARGET_SAFE = "/%?&=:@!$'()*+,;~[]"
_VERSION = b"HTTP/"
_SHOWN = 40


class NotHttp(Exception):
    """What came is no HTTP; the text shows how it began, or what is wrong with it."""


class BrokeOff(Exception):
    """The connection ended before the answer did; the text says after what."""


class HttpAnswer:
    """Makes the request and takes in the bytes of the answer, until it is complete or long enough."""

    def __init__(self, host: str, path: str, *, keep_body: bool) -> None:
        self.status: int | None = None
        self.location = ""
        """Where a redirect leads, without what follows a question mark."""
        self.body = bytearray()
        self.is_cut = False
        """Was the rest of a long body left unread?"""
        self._keep_body = keep_body
        self._read = 0
        self._began = b""
        self._connection = h11.Connection(h11.CLIENT)
        self._request = h11.Request(
            method="GET",
            target=quote(path, safe=_TARGET_SAFE) or "/",
            headers=[
                ("Host", host),
                ("User-Agent", AGENT),
                ("Accept", "*/*"),
                ("Connection", "close"),
            ],
        )

    def request(self) -> bytes:
        """Return what to send, once."""
        request = self._connection.send(self._request) or b""
        return request + (self._connection.send(h11.EndOfMessage()) or b"")

    def feed(self, received: bytes) -> bool:
        """Take in what was received, nothing for the end of the connection; return whether that is enough.

        Raises:
            NotHttp: it cannot be the answer of an HTTP server.
            BrokeOff: that was the end, and too early.
        """
        if self.status is None and len(self._began) < _SHOWN:
            self._began += received[:_SHOWN]
            if not self._began.startswith(_VERSION[: len(self._began)]):
                raise NotHttp(f"it began {self._began[:_SHOWN].decode('ascii', 'replace')!r}")
        self._connection.receive_data(received)
        try:
            return self._take_in()
        except h11.RemoteProtocolError as error:
            if not received:
                raise BrokeOff(self._so_far()) from error
            raise NotHttp(str(error)) from error

    def _take_in(self) -> bool:
        while True:
            event = self._connection.next_event()
            match event:
                case h11.Response():
                    self._note_head(event)
                case h11.Data():
                    if self._note_body(bytes(event.data)):
                        return True
                case h11.EndOfMessage():
                    return True
                case h11.ConnectionClosed():
                    raise BrokeOff(self._so_far())
                case h11.InformationalResponse():
                    continue
                case _:
                    return False

    def _note_head(self, head: h11.Response) -> None:
        self.status = head.status_code
        for name, value in head.headers:
            if name == b"location":
                parts = urlsplit(value.decode("ascii", "replace"))
                self.location = parts._replace(query="", fragment="").geturl()

    def _note_body(self, part: bytes) -> bool:
        self._read += len(part)
        if self._keep_body:
            self.body += part
        self.is_cut = self._read > BODY_LIMIT
        return self.is_cut

    def _so_far(self) -> str:
        if self.status is None:
            return "without an answer"
        return f"after {self._read} bytes of the body of an answer {self.status}"
