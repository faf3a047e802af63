"""Where things are, by one set of rules for the daemon and its clients.

Pure: the environment, the interpreter's prefix and a test for existence are arguments. Texts, not
`pathlib` objects: the client's start-up pays for every import.
"""

from collections.abc import Callable, Mapping

SYSTEM_SOCKET = "/run/protoddf/protoddfd.sock"
"""Where a system service listens."""

SYSTEM_HOME = "/var/lib/protoddf"
"""Where a system service keeps what it writes."""

Exists = Callable[[str], bool]


def checkout(prefix: str, exists: Exists) -> str | None:
    """Return the root of the checkout whose `.venv` is `prefix`, or None when it is no checkout's."""
    root, _, name = prefix.rstrip("/").rpartition("/")
    if name == ".venv" and exists(f"{root}/protoddfd") and exists(f"{root}/pyproject.toml"):
        return root or "/"
    return None


def home(environ: Mapping[str, str], prefix: str, exists: Exists) -> str:
    """Return the folder that the daemon writes to.

    `PROTODDF_HOME`; else `.protoddf/` of the checkout; else the user's own, and the service's without a user.
    """
    if environ.get("PROTODDF_HOME"):
        return environ["PROTODDF_HOME"]
    root = checkout(prefix, exists)
    if root is not None:
        return f"{root}/.protoddf"
    user = environ.get("HOME")
    return f"{user}/.local/share/proto-ddf" if user else SYSTEM_HOME


def socket_path(environ: Mapping[str, str], prefix: str, exists: Exists) -> str:
    """Return the socket that the daemon of this home listens on: `PROTODDF_SOCKET`, else in the home."""
    return environ.get("PROTODDF_SOCKET") or f"{home(environ, prefix, exists)}/run/protoddfd.sock"


def client_socket_path(environ: Mapping[str, str], prefix: str, exists: Exists) -> str:
    """Return the socket a client calls: as `socket_path`; a system service comes before the user's own."""
    decided = environ.get("PROTODDF_SOCKET") or environ.get("PROTODDF_HOME") or checkout(prefix, exists)
    if not decided and exists(SYSTEM_SOCKET):
        return SYSTEM_SOCKET
    return socket_path(environ, prefix, exists)


def cache(environ: Mapping[str, str], prefix: str, exists: Exists) -> str:
    """Return the folder of bundles and shared packages, which outlives every home.

    `PROTODDF_CACHE`; else the checkout's; else under `XDG_CACHE_HOME` or the user's `.cache`.
    """
    if environ.get("PROTODDF_CACHE"):
        return environ["PROTODDF_CACHE"]
    root = checkout(prefix, exists)
    if root is not None:
        return f"{root}/.protoddf/cache"
    if environ.get("XDG_CACHE_HOME"):
        return f"{environ['XDG_CACHE_HOME']}/proto-ddf"
    user = environ.get("HOME")
    return f"{user}/.cache/proto-ddf" if user else "/var/cache/protoddf"
