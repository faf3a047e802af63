"""A parent as the zygote is one: forks a process of one app for each line of its input, and says its pid.

`instances.py FOLDER MODULE BUNDLE FRONTEND BACKEND`; the last two are the numbers of inherited sockets. When
the input ends it ends what it forked, and says each exit status. Until then none of the pids is used again.
"""

import gc
import json
import os
import signal
import socket
import sys
from pathlib import Path

from protoddfd.zygote import serve


def main(folder: str, module: str, bundle: str, *numbers: str) -> None:
    serve.prepare_environment()
    serve.preload()
    gc.freeze()
    frontend, backend = (socket.socket(fileno=int(number)) for number in numbers)
    children = []
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(serve.run(Path(folder), module, Path(bundle), frontend, backend))
        children.append(child)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
    sys.stdout.write(json.dumps([end(child) for child in children]))


def end(child: int) -> int:
    for number in (signal.SIGCONT, signal.SIGTERM):
        os.kill(child, number)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    main(*sys.argv[1:6])
