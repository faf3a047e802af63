"""One HTTP request of a webhook, to an address that may be asked. Blocks; runs in a thread."""

import http.client
import ipaddress
import os
import socket
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

VARIABLE = "DATAFORMS_WEBHOOK_NETWORKS"
"""The environment variable with networks, such as `10.0.0.0/8, ::1`, that may be asked though not public."""
TIMEOUT_S = 15.0
_PORTS = {"http": 80, "https": 443}
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Target(NamedTuple):
    """A web address, taken apart."""

    scheme: str
    host: str
    port: int
    path: str


class NotSent(Exception):
    """The request could not be made, or was not accepted; the text says why."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


def target_of(url: str) -> Target:
    """Return the parts of an address; raise NotSent for one that cannot be a webhook's."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = SplitResult("", "", "", "", ""), None
    if parts.scheme not in _PORTS or not parts.hostname or parts.username or not url.isascii():
        raise NotSent("Must be an address such as https://example.com/hook.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if any(letter <= " " for letter in url):
        raise NotSent("Must not have blanks.")
    return Target(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], path)


def refuse_private(target: Target) -> str:
    """Return the number of an address that may be asked; raise NotSent without one.

    What is not public is refused, unless the app's owner allows its network: a webhook must not reach
    what only this machine can. The request goes to the number that was judged, whatever the name says next.
    """
    try:
        found = _found(target)
    except (OSError, UnicodeError) as error:
        raise NotSent(f"{target.host} is not known: {error}.") from error
    for *_, place in found:
        if _is_allowed(ipaddress.ip_address(str(place[0]).partition("%")[0])):
            return str(place[0])
    raise NotSent(f"{target.host} is not a public address; {VARIABLE} can allow its network.")


def refuse_private_number(target: Target) -> None:
    """Raise NotSent for a number that may not be asked; what a name means is looked up for each delivery."""
    try:
        _found(target, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return
    refuse_private(target)


def _found(target: Target, flags: int = 0) -> list[Any]:
    return socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM, flags=flags)


def _is_allowed(address: Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        address = mapped
    allowed = [part.strip() for part in os.environ.get(VARIABLE, "").split(",") if part.strip()]
    if any(address in ipaddress.ip_network(network, strict=False) for network in allowed):
        return True
    return address.is_global and not address.is_multicast


def send(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Post `body`; return the status, which is one of success. Raise NotSent. Redirects are not followed."""
    target = target_of(url)
    number = refuse_private(target)
    connection = http.client.HTTPConnection(target.host, target.port, timeout=TIMEOUT_S)
    try:
        connection.sock = _connected(target, number)
        connection.request("POST", target.path, body, {"Content-Type": "application/json", **headers})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise NotSent(f"{target.host} could not be asked: {str(error) or type(error).__name__}.") from error
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise NotSent(f"{target.host} answered {status}.", status)
    return status


def _connected(target: Target, number: str) -> socket.socket:
    plain = socket.create_connection((number, target.port), timeout=TIMEOUT_S)
    if target.scheme == "http":
        return plain
    import ssl  # loads every authority's certificate; few apps have webhooks

    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)
    except BaseException:
        plain.close()
        raise
