"""Where this client finds its daemon, its home and its cache: the shared rules, applied to this process."""

import os
import sys

from protoddfd.wire import paths


def socket_path() -> str:
    """Return the socket to call."""
    return paths.client_socket_path(_environ(), sys.prefix, os.path.exists)


def home() -> str:
    """Return the folder that a daemon started like this client writes to."""
    return paths.home(_environ(), sys.prefix, os.path.exists)


def cache() -> str:
    """Return the folder of frontend bundles and shared packages."""
    return paths.cache(_environ(), sys.prefix, os.path.exists)


def start_command() -> str:
    """Return the command that starts a daemon for this client."""
    root = paths.checkout(sys.prefix, os.path.exists)
    return f"{root}/run.sh" if root is not None else "protoddfd"


def _environ() -> dict[str, str]:
    return {"HOME": os.path.expanduser("~"), **os.environ}  # noqa: PTH111  # pathlib costs the start 6 ms
