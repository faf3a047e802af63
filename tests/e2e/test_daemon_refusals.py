"""What the daemon says when the machine does not let it: ports, disks, a second daemon, bad settings."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from protoddfd.errors import Degraded, PortsExhausted, ProtoddfError
from testbed import Daemon, http, wait_for

pytestmark = pytest.mark.e2e

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "protoddfd.main", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """Return a folder on a file system of 16 MiB."""
    folder = tempfile.mkdtemp(prefix="pd-")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], check=True)
    yield Path(folder)
    subprocess.run(["umount", "-l", folder], check=True)
    Path(folder).rmdir()


def test_a_second_daemon_is_told_about_the_first(daemon: Daemon) -> None:
    second = run("--home", str(daemon.home))
    assert second.returncode == 1
    assert daemon.process is not None
    assert f"process {daemon.process.pid}" in second.stderr
    assert "protoddfctl status" in second.stderr
    assert daemon.call("daemon.status")["pid"] == daemon.process.pid


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("ports.range=banana", "ports.range"),
        ("worker.processes=many", "worker.processes"),
        ("nonsense", "SECTION.KEY=VALUE"),
        ("log.colour=red", "colour"),
    ],
)
def test_a_wrong_setting_is_named(home: Path, option: str, said: str) -> None:
    refused = run("--home", str(home), "--set", option)
    assert refused.returncode == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_full_port_range_is_an_error_that_leaves_nothing(home: Path) -> None:
    daemon = Daemon(home, "--port-range", "21100-21104")
    try:
        daemon.start()
        daemon.create("first", start=False)
        daemon.create("second", start=False)
        with pytest.raises(PortsExhausted) as refused:
            daemon.create("third", start=False)
        assert "ports.range" in refused.value.hint
        assert not (daemon.generated / "third").exists()
        daemon.call("app.delete", name="first")
        assert daemon.create("third", start=False).state == "down"
    finally:
        daemon.clean_up()


@needs_root
def test_a_full_disk_refuses_new_apps_leaves_nothing_and_keeps_the_running(
    home: Path, small_disk: Path
) -> None:
    daemon = Daemon(home, "--set", f"paths.generated={small_disk}")
    try:
        daemon.start()
        app = daemon.create("runs")
        (small_disk / "ballast").write_bytes(bytes(_free(small_disk) - 65536))
        with pytest.raises(ProtoddfError) as refused:
            daemon.create("toomuch")
        assert "space" in refused.value.message
        assert sorted(path.name for path in small_disk.iterdir()) == ["ballast", "runs"]
        assert daemon.app("runs").instances == app.instances or daemon.app("runs").state == "ready"
    finally:
        daemon.clean_up()


@needs_root
def test_a_read_only_disk_refuses_new_apps_and_serves_the_running(home: Path, small_disk: Path) -> None:
    daemon = Daemon(home, "--set", f"paths.generated={small_disk}")
    try:
        daemon.start()
        app = daemon.create("runs")
        wait_for(lambda: not psutil.Process(daemon.pids("runs")[0]).children())  # its tables are made
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
        with pytest.raises(ProtoddfError, match=r"[Rr]ead-only") as refused:
            daemon.create("toolate")
        assert refused.value.hint
        assert [path.name for path in small_disk.iterdir()] == ["runs"]
        assert http(app.ports.frontend)[0] == 200
        subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
        assert daemon.create("toolate").state == "ready"
    finally:
        daemon.clean_up()


@needs_root
def test_a_state_folder_that_refuses_degrades_and_recovers(home: Path, small_disk: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "state").symlink_to(small_disk)
    daemon = Daemon(home)
    try:
        daemon.start()
        app = daemon.create("before")
        (small_disk / "ballast").write_bytes(bytes(_free(small_disk)))
        with pytest.raises(Degraded):
            daemon.create("after")
        assert daemon.call("daemon.status")["degraded"]
        assert not (daemon.generated / "after").exists()
        assert daemon.app("before").instances[0].pid == app.instances[0].pid
        (small_disk / "ballast").unlink()
        wait_for(lambda: not daemon.call("daemon.status")["degraded"])
        assert daemon.create("after").state == "ready"
    finally:
        daemon.clean_up()


@needs_root
@pytest.mark.parametrize("full", ["the state", pytest.param("the home", marks=pytest.mark.long)])
def test_a_daemon_comes_up_on_a_full_disk_with_its_apps_and_makes_up_for_it_later(
    home: Path, small_disk: Path, tmp_path: Path, full: str
) -> None:
    (home / "state").symlink_to(small_disk)
    daemon = Daemon(small_disk if full == "the home" else home)
    once = tmp_path / "once"
    try:
        daemon.start()
        daemon.adopt("stays", "sleep", "1000")
        script = f"echo . >>{once}; exec sleep 1000"
        ends = daemon.adopt("ends", "sh", "-c", script, restart="never").instances[0].pid
        before = daemon.pids("stays")
        (small_disk / "ballast").write_bytes(bytes(_free(small_disk)))
        daemon.stop(signal.SIGKILL)
        os.kill(ends, signal.SIGTERM)
        daemon.start()
        assert daemon.pids("stays") == before
        assert daemon.call("daemon.status")["degraded"]
        assert daemon.app("ends").state in ("down", "failed")
        (small_disk / "ballast").unlink()
        wait_for(lambda: not daemon.call("daemon.status")["degraded"])
        daemon.stop(signal.SIGKILL)
        daemon.start()
        assert daemon.pids("stays") == before
        assert daemon.pids("ends") == []
        assert once.read_text() == ".\n"
    finally:
        daemon.clean_up()


def test_a_home_that_cannot_be_written_is_named() -> None:
    refused = run("--home", "/proc/protoddf")
    assert refused.returncode == 1
    assert "/proc/protoddf" in refused.stderr
    assert "--home" in refused.stderr


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_bsize
