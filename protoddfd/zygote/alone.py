"""The program that serves one app with its own `dataforms`: `alone FOLDER MODULE BUNDLE FRONTEND BACKEND`.

The last two are the numbers of inherited sockets, bound and listening.
"""

import os
import socket
import sys
from pathlib import Path

from protoddfd.zygote.serve import prepare_environment, serve


def main(folder: str, module: str, bundle: str, frontend: str, backend: str) -> int:
    """Serve on the inherited sockets until SIGTERM or SIGINT; return the exit status."""
    prepare_environment()
    sockets = [socket.socket(fileno=int(descriptor)) for descriptor in (frontend, backend)]
    return serve(Path(folder), module, Path(bundle), sockets)


if __name__ == "__main__":
    status = main(*sys.argv[1:6])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
