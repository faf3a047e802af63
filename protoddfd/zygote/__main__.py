"""The zygote: parent of every app, second holder of its sockets. `python -m protoddfd.zygote --home HOME`."""

import argparse
import ctypes
import importlib
import importlib.metadata
import os
import resource
import socket
import sys
from pathlib import Path
from typing import cast

from setproctitle import setproctitle

from protoddfd.zygote.child import Server, close_all_but
from protoddfd.zygote.family import Family
from protoddfd.zygote.messages import MARKER
from protoddfd.zygote.preloading import Preloading
from protoddfd.zygote.service import Service

_PR_SET_CHILD_SUBREAPER = 36


def main() -> int:
    """Set up and serve requests until told to end; what serves apps is preloaded meanwhile."""
    arguments = _arguments()
    given = set() if arguments.listen_fd is None else {arguments.listen_fd}
    close_all_but({0, 1, 2} | given)  # whatever else was inherited would be in every command
    home = arguments.home.resolve()
    os.environ.pop(MARKER, None)  # of an instance that runs this zygote: what we start is not that instance
    base = dict(os.environ)
    os.environ["PROTODDF_HOME"] = str(home)
    descriptors_soft = _raise_descriptor_limit()
    _become_subreaper()
    listener = _inherited(arguments.listen_fd) if arguments.listen_fd is not None else _listen(home)
    os.chdir("/")
    server = cast(Server, importlib.import_module(arguments.serve_with))
    setproctitle(f"proto-ddf: zygote {home}")
    family = Family(home, server, base, descriptors_soft)
    Service(listener, family, _version(), Preloading(server)).run()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m protoddfd.zygote", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the folder that holds run/ and logs/")
    parser.add_argument("--listen-fd", type=int, help="a listening SOCK_SEQPACKET socket (default: bind one)")
    parser.add_argument(
        "--serve-with", default="protoddfd.zygote.serve", help="the module whose `run` serves an app"
    )
    return parser.parse_args()


def _raise_descriptor_limit() -> int:
    """Allow as many open files as permitted; return the soft limit there was."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return soft


def _become_subreaper() -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "PR_SET_CHILD_SUBREAPER")


def _inherited(descriptor: int) -> socket.socket:
    os.set_inheritable(descriptor, False)
    return socket.socket(fileno=descriptor)


def _listen(home: Path) -> socket.socket:
    path = home / "run" / "zygote.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
        if probe.connect_ex(str(path)) == 0:
            raise SystemExit(f"another zygote answers on {path}")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(16)
    return listener


def _version() -> str:
    try:
        return importlib.metadata.version("proto-ddf")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


if __name__ == "__main__":
    sys.exit(main())
