"""The logger: drains every app's output, stamps and rotates it. `python -m protoddfd.logger --home HOME`."""

import fcntl
import json
import os
import resource
import socket
import sys
from pathlib import Path

from protoddfd.logger.messages import limits_from
from protoddfd.logger.service import Service

USAGE = "python -m protoddfd.logger --home HOME [--listen-fd N] [--limits JSON]\n"


def main() -> int:
    """Take over the home's FIFOs and serve until SIGTERM."""
    options = _options(sys.argv[1:])
    if options is None or "--home" not in options:
        sys.stderr.write(USAGE)
        return 2
    home = Path(options["--home"]).resolve()
    given = int(options["--listen-fd"]) if "--listen-fd" in options else -1
    _close_inherited(given)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    (home / "run").mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(home / "run" / "logger.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)  # one that was killed or told to end lets go in a moment
    listener = socket.socket(fileno=given) if given != -1 else _listen(home / "run" / "logger.sock")
    os.chdir("/")
    Service(home, listener, limits_from(json.loads(options.get("--limits", "{}")))).run()
    return 0


def _options(words: list[str]) -> dict[str, str] | None:
    # argparse would take a tenth of this program's memory
    known = {"--home", "--listen-fd", "--limits"}
    pairs = dict(zip(words[::2], words[1::2], strict=False))
    return pairs if len(words) % 2 == 0 and set(pairs) <= known else None


def _close_inherited(given: int) -> None:
    limit = os.sysconf("SC_OPEN_MAX")
    if given == -1:
        os.closerange(3, limit)
        return
    os.set_inheritable(given, False)
    if given > 3:
        os.closerange(3, given)
    os.closerange(given + 1, limit)


def _listen(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(16)
    return listener


if __name__ == "__main__":
    sys.exit(main())
