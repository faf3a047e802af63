"""Fetches a web address, page by page, into files: within limits, and only from where it may.

A host that the environment names is trusted; any other, such as one that a redirect leads to, has to be
public, and what is asked is the number that was judged. Blocks.
"""

import ipaddress
import os
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import msgspec

from dataforms.syncing.failed import SourceFailed, Unchanged
from dataforms.words import say

MAX_MIB_VARIABLE, MAX_S_VARIABLE = "DATAFORMS_SYNC_MAX_MIB", "DATAFORMS_SYNC_MAX_S"
"""The environment variables with how much, and for how long, an address may send."""
MAX_MIB, MAX_S = 256, 600
MOST_PAGES = 1_000
MOST_REDIRECTS = 5
WAITS_S = (0.5, 2.0)
"""So long it is waited before each further try."""
LONGEST_WAIT_S = 30.0
_SILENCE_S = 30.0
_AGAIN = frozenset((429, 500, 502, 503, 504))
_ACCEPT = "application/json, application/x-ndjson, text/csv, */*;q=0.5"
_ENDINGS = {
    "application/json": ".json",
    "text/json": ".json",
    "application/x-ndjson": ".ndjson",
    "application/ndjson": ".ndjson",
    "application/jsonl": ".ndjson",
    "text/csv": ".csv",
    "application/csv": ".csv",
    "text/tab-separated-values": ".csv",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
}
_ANY = ("", "text/plain", "application/octet-stream", "binary/octet-stream")
"""Media types that say nothing: the address or the content does."""


class Page(msgspec.Struct, frozen=True):
    """What one answer brought."""

    name: str
    path: Path


class Fetched(msgspec.Struct, frozen=True):
    """All pages, and what tells whether they change; nothing where there are several."""

    pages: list[Page]
    etag: str
    modified: str


def fetched(
    address: str,
    folder: Path,
    *,
    known_host: bool,
    authorization: str | None,
    validators: tuple[str, str],
    received: Callable[[int], None],
) -> Fetched:
    """Fetch an address and the pages that follow it (`Link: rel=next`) into files in `folder`.

    Raises:
        Unchanged: the server says so.
        SourceFailed: it cannot be had, is too much, or is nothing that can be read.
    """
    if not address.startswith(("http://", "https://")) or _host(address) == "?":
        raise SourceFailed(say("It is no address such as https://example.com/orders.json."))
    if authorization is not None and address.startswith("http://") and not _is_near(_host(address)):
        raise SourceFailed(
            say("The header Authorization would go over a line that others can read."), say("Use https://.")
        )
    with httpx.Client(follow_redirects=False, timeout=_SILENCE_S) as client:
        fetching = _Fetching(client, address, folder, known_host, authorization, received)
        return fetching.run(validators)


class _Fetching:
    def __init__(
        self,
        client: httpx.Client,
        address: str,
        folder: Path,
        known_host: bool,
        authorization: str | None,
        received: Callable[[int], None],
    ) -> None:
        self._client, self._folder, self._received = client, folder, received
        self._address, self._authorization = address, authorization
        self._origin = _origin(address)
        self._known = self._origin if known_host else None
        self._ends = time.monotonic() + float(os.environ.get(MAX_S_VARIABLE) or MAX_S)
        self._left = int(float(os.environ.get(MAX_MIB_VARIABLE) or MAX_MIB) * 2**20)

    def run(self, validators: tuple[str, str]) -> Fetched:
        pages: list[Page] = []
        asked: set[str] = set()
        address: str | None = self._address
        etag = modified = ""
        named = zip(("If-None-Match", "If-Modified-Since"), validators, strict=True)
        conditions = {name: value for name, value in named if value}
        while address is not None:
            if address in asked or len(pages) >= MOST_PAGES:
                raise SourceFailed(say("The pages of {host} never end.", host=_host(address)))
            asked.add(address)
            with self._answer(address, conditions) as (answer, final):
                pages.append(self._page(answer, final, len(pages) + 1))
                if len(pages) == 1:
                    etag = answer.headers.get("etag", "")
                    modified = answer.headers.get("last-modified", "")
                address = self._next(answer, final)
            conditions = {}
        alone = len(pages) == 1
        return Fetched(pages, etag if alone else "", modified if alone else "")

    def _next(self, answer: httpx.Response, final: str) -> str | None:
        link = answer.links.get("next", {}).get("url")
        if link is None:
            return None
        following = urljoin(final, link)
        if _origin(following) != _origin(final):
            raise SourceFailed(say("The next page of {host} is on another server.", host=_host(final)))
        return following

    @contextmanager
    def _answer(self, address: str, conditions: Mapping[str, str]) -> Iterator[tuple[httpx.Response, str]]:
        """Lend the answer that counts, and the address that it came from."""
        for _ in range(MOST_REDIRECTS + 1):
            with self._tried(address, conditions) as answer:
                if not answer.has_redirect_location:
                    yield _right(answer, address), address
                    return
                before, address = address, urljoin(address, answer.headers["location"])
            if not address.startswith(
                "https://" if before.startswith("https://") else ("http://", "https://")
            ):
                raise SourceFailed(
                    say("{host} leads to an address that is not asked.", host=_host(before)),
                    say("Only https:// follows https://."),
                )
        raise SourceFailed(say("{host} leads from one address to the next for ever.", host=_host(address)))

    @contextmanager
    def _tried(self, address: str, conditions: Mapping[str, str]) -> Iterator[httpx.Response]:
        """Lend what a server answers that may need to be asked again."""
        for wait in (*WAITS_S, None):
            try:
                answer = self._client.send(self._request(address, conditions), stream=True)
            except httpx.TransportError as error:
                if wait is None:
                    said = str(error) or type(error).__name__
                    raise SourceFailed(
                        say("{host} cannot be asked: {error}.", host=_host(address), error=said)
                    ) from error
                self._sleep(wait)
                continue
            if answer.status_code in _AGAIN and wait is not None:
                answer.close()
                self._sleep(max(wait, _asked_to_wait(answer)))
                continue
            try:
                yield answer
            finally:
                answer.close()
            return

    def _request(self, address: str, conditions: Mapping[str, str]) -> httpx.Request:
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL as error:
            raise SourceFailed(say("It is no address: {error}.", error=error)) from error
        headers = {"accept": _ACCEPT, "user-agent": "dataforms-sync", **conditions}
        if self._authorization is not None and _origin(address) == self._origin:
            headers["authorization"] = self._authorization
        if _origin(address) == self._known:
            return self._client.build_request("GET", url, headers=headers)
        number = _public_number(url)
        headers["host"] = url.netloc.decode()
        return self._client.build_request(
            "GET", url.copy_with(host=number), headers=headers, extensions={"sni_hostname": url.host}
        )

    def _sleep(self, seconds: float) -> None:
        if time.monotonic() + seconds >= self._ends:
            raise _too_long()
        time.sleep(seconds)

    def _page(self, answer: httpx.Response, address: str, number: int) -> Page:
        path = self._folder / str(number)
        name = _name(answer, address)
        with path.open("wb") as file:
            try:
                for some in answer.iter_bytes():
                    self._left -= len(some)
                    if self._left < 0:
                        raise SourceFailed(
                            say("{host} sends more than may come.", host=_host(address)),
                            say("{variable} allows more, in MiB.", variable=MAX_MIB_VARIABLE),
                        )
                    if time.monotonic() > self._ends:
                        raise _too_long()
                    file.write(some)
                    self._received(len(some))
            except httpx.TransportError as error:
                raise SourceFailed(
                    say("{host} stopped in the middle: {error}.", host=_host(address), error=error)
                ) from error
            except httpx.DecodingError as error:
                raise SourceFailed(say("The answer is damaged: {error}.", error=error)) from error
        if not name.endswith(tuple(_ENDINGS.values())):
            name += _ending_by_content(path)
        return Page(f"{number}-{name}", path)


def _right(answer: httpx.Response, address: str) -> httpx.Response:
    if answer.status_code == 304:
        raise Unchanged
    if answer.status_code != 200:
        hint = say("It may ask for a key: authorization names its variable.")
        raise SourceFailed(
            say("{host} answered {status}.", host=_host(address), status=answer.status_code),
            hint if answer.status_code in (401, 403) else "",
        )
    return answer


def _name(answer: httpx.Response, address: str) -> str:
    """Return what to call an answer; its ending says what it is. Raise SourceFailed for what is no table."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    last = re.sub(r"[^\w.-]+", "_", urlsplit(address).path.rsplit("/", 1)[-1])[-80:] or "answer"
    if kind.endswith("+json"):
        return f"{last}.json"
    if kind in _ENDINGS:
        return last if last.lower().endswith(_ENDINGS[kind]) else last + _ENDINGS[kind]
    if kind in _ANY:
        return last
    raise SourceFailed(
        say("{host} answers with {kind}, which holds no rows.", host=_host(address), kind=kind),
        say("JSON, CSV and workbooks can be read."),
    )


def _ending_by_content(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(4_096).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return ".json" if start in (b"[", b"{") else ".csv"


def _public_number(url: httpx.URL) -> str:
    """Return the number of a host that everybody may ask; raise SourceFailed without one."""
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SourceFailed(say("{host} is not known: {error}.", host=url.host, error=error)) from error
    for *_, place in found:
        number = ipaddress.ip_address(str(place[0]).partition("%")[0])
        judged = getattr(number, "ipv4_mapped", None) or number
        if judged.is_global and not judged.is_multicast:
            return str(number)
    raise SourceFailed(
        say("{host} is not a public address.", host=url.host),
        say("Let an environment variable name it: env."),
    )


def _is_near(host: str) -> bool:
    """Tell whether a host is this machine, or one of a network that is not public."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return all(not ipaddress.ip_address(str(place[0]).partition("%")[0]).is_global for *_, place in found)


def _asked_to_wait(answer: httpx.Response) -> float:
    said = answer.headers.get("retry-after", "")
    return min(float(said), LONGEST_WAIT_S) if re.fullmatch(r"\d{1,5}", said) else 0.0


def _too_long() -> SourceFailed:
    return SourceFailed(
        say("It takes longer than it may."),
        say("{variable} allows more, in seconds.", variable=MAX_S_VARIABLE),
    )


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc.lower()


def _host(address: str) -> str:
    return urlsplit(address).hostname or "?"
