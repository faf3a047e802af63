"""The baseline of a running app: the same app, served by `reflex run` as its own documentation says."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.bench import Bench, say
from benchmarks.daemon import Daemon
from benchmarks.http import first_answer, free_port
from benchmarks.processes import end_tree

INSTALL_LIMIT_S = 300.0


class ReflexRun:
    """A context with the app in `folder` served by `reflex run`; entered when the port answers `path`."""

    def __init__(self, bench: Bench, folder: Path, *options: str, path: str = "/") -> None:
        self.port = free_port()
        self._path = path
        self._log = bench.scratch / "reflex-run.log"
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "REFLEX_USE_SYSTEM_BUN": "true",
            "REFLEX_TELEMETRY_ENABLED": "false",
            "REFLEX_CHECK_LATEST_VERSION": "false",
            "REFLEX_DIR": str(bench.scratch / "reflex"),
        }
        which = "--backend-port" if "--backend-only" in options else "--frontend-port"
        with self._log.open("ab") as log:
            self.started_at = time.time()
            self.process = subprocess.Popen(
                [sys.executable, "-m", "reflex", "run", "--env", "prod", which, str(self.port), *options],
                cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self.answered_at = 0.0

    def __enter__(self) -> "ReflexRun":
        try:
            self.answered_at = first_answer(self.port, self._path, INSTALL_LIMIT_S)
        except TimeoutError as error:
            self.__exit__()
            raise RuntimeError(f"reflex run did not answer:\n{self._log.read_text()[-2000:]}") from error
        return self

    def __exit__(self, *_: object) -> None:
        end_tree(self.process.pid)


def prepared_app(bench: Bench) -> Path:
    """Return the folder of an app that `reflex run` has served before, so that nothing is left to install."""
    return bench.once("reflex app", lambda: _prepare(bench))


def _prepare(bench: Bench) -> Path:
    say("baseline: preparing an app for `reflex run`")
    folder = bench.scratch / "baseline"
    with Daemon(bench.cache) as daemon:
        shutil.copytree(daemon.create("baseline", start=False)["path"], folder)
    with ReflexRun(bench, folder):
        return folder


def start_s(bench: Bench) -> float:
    """Return the seconds from `reflex run --env prod --backend-only` to its first answer."""
    with ReflexRun(bench, prepared_app(bench), "--backend-only", path="/ping") as run:
        return run.answered_at - run.started_at
