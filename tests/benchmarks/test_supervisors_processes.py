"""What the comparison does with processes: finding, killing, measuring them; the protocols' framing."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec
import psutil
import pytest

from benchmarks.supervisors import install, kin
from benchmarks.supervisors.__main__ import main
from benchmarks.supervisors.adapter import Adapter, Program, Site, Unsupported, wait_for
from benchmarks.supervisors.board import Board, Counts
from benchmarks.supervisors.build import build
from benchmarks.supervisors.logs import logged
from benchmarks.supervisors.measure import QUICK, Stages, measured
from benchmarks.supervisors.peers.circus import Zmtp
from benchmarks.supervisors.peers.pm2 import Axon, AxonError
from benchmarks.supervisors.peers.raw import RawC, RawPython
from benchmarks.supervisors.peers.runit import RunitLog
from benchmarks.supervisors.run import Run
from benchmarks.supervisors.survival import survival, wait_calm

pytestmark = pytest.mark.e2e

BRIEF = msgspec.structs.replace(
    QUICK,
    settle_s=0.05,
    crashes=2,
    idle_s=0.05,
    log_bytes=2_000_000,
    ticks_s=0.1,
    starts=1,
    after_kill_s=0.1,
    calm_s=0.5,
)
SLEEPER = "import sys, time; sys.stdout.write('up\\n'); sys.stdout.flush(); time.sleep(600)"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler")
    folder = tmp_path_factory.mktemp("site")
    return Site(folder / "peers", build(folder / "bin"))


@contextmanager
def sleeper(*words: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> Iterator[int]:
    """A process that waits to be ended."""
    process = subprocess.Popen(
        [sys.executable, "-c", SLEEPER, *words],
        stdout=subprocess.PIPE,
        cwd=cwd,
        env={**os.environ, **(env or {})},
    )
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_process_is_known_by_its_words_its_environment_or_its_folder(tmp_path: Path) -> None:
    with (
        sleeper(str(tmp_path / "board")) as by_words,
        sleeper(env={"BENCH_FOLDER": str(tmp_path)}) as by_environment,
        sleeper(cwd=tmp_path) as by_folder,
        sleeper() as stranger,
    ):
        assert kin.kin(tmp_path) == {by_words, by_environment, by_folder}
        assert not kin.carries(stranger, tmp_path)
        kin.end_all(tmp_path)
        assert kin.kin(tmp_path) == set()
        assert psutil.Process(stranger).is_running()


def test_a_stranger_is_never_killed(tmp_path: Path) -> None:
    with sleeper() as stranger:
        with pytest.raises(ProcessLookupError, match="does not belong"):
            kin.kill(stranger, tmp_path)
        assert psutil.Process(stranger).status() != psutil.STATUS_ZOMBIE


def test_one_that_has_ended_and_waits_for_its_parent_is_not_found(tmp_path: Path) -> None:
    with sleeper(str(tmp_path)) as pid:
        kin.kill(pid, tmp_path)
        wait_for(lambda: psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
        assert kin.kin(tmp_path) == set()


def test_the_time_until_processes_are_gone_has_a_limit(tmp_path: Path) -> None:
    with sleeper(str(tmp_path)) as pid:
        with pytest.raises(TimeoutError, match="1 programs still run"):
            kin.seconds_until_gone([pid], lambda: None, 0.1)
        assert kin.seconds_until_gone([pid], lambda: kin.kill(pid, tmp_path), 10) < 10


def _has_started(board: Board, pid: int) -> bool:
    return board.slot(1).pid == pid and board.slot(1).at_ns > 0


def test_programs_tell_the_board_when_and_how_often_they_started(site: Site, tmp_path: Path) -> None:
    board = Board(tmp_path / "board", 2)
    assert board.wait_started(0, 5, is_hopeless=lambda: True) is None
    for _ in range(2):
        process = subprocess.Popen([site.programs / "child", board.path, "1"])
        wait_for(partial(_has_started, board, process.pid))
        process.kill()
        process.wait()
    assert board.slot(1).starts == 2
    assert board.slot(0) == (0, 0, 0)
    assert board.wait_started(0, 0.01) is None
    board.close()


def test_a_program_that_writes_counts_its_own_lines(site: Site, tmp_path: Path) -> None:
    board, counts = Board(tmp_path / "board", 1), Counts(tmp_path / "counts")
    process = subprocess.Popen(
        [site.programs / "ticker", board.path, "0", counts.path, "5"], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(3)]
    wait_for(lambda: counts.by_pid().get(process.pid, 0) >= 3)
    process.kill()
    process.wait()
    process.stdout.close()
    board.close()
    assert lines == [b"%010d %010d\n" % (process.pid, number) for number in range(3)]


@pytest.mark.parametrize("kind", [RawC, RawPython])
def test_the_bare_loops_are_measured(site: Site, kind: type[Adapter]) -> None:
    it = measured(kind, site, 3, BRIEF)
    assert it.errors == {}
    assert it.boot_s is not None
    assert it.stop_all_s is not None
    assert it.start_all_s is None
    assert it.crashes is not None
    assert it.crashes.replaced is not None
    assert (it.crashes.replaced.count, it.crashes.lost, it.processes) == (2, 0, 1)


@pytest.mark.parametrize("kind", [RawC, RawPython])
def test_all_lines_of_the_bare_pumps_are_found(site: Site, kind: type[Adapter]) -> None:
    it = logged(kind, site, BRIEF)
    assert (it.lines, it.lost, it.in_order) == (20_000, 0, True)


def test_nothing_is_left_of_a_run_that_fails(site: Site) -> None:
    def broken(site: Site) -> Path:
        with Run(RawC, site, 3) as run:
            run.boot_s()
            assert len(run.adapter.running()) == 3
            folders.append(run.folder)
            raise InterruptedError

    folders: list[Path] = []
    with pytest.raises(InterruptedError):
        broken(site)
    assert not folders[0].exists()
    assert kin.kin(folders[0]) == set()


class Orphaning(RawC):
    """Supervises as the bare loop does, and can be asked: as one that starts all a second time."""

    captures = False

    def status_all(self) -> dict[str, int | None]:
        running = {name: pid for pid, name in self.running().items()}
        return {each.name: running.get(each.name) for each in self.programs}


def test_a_supervisor_that_starts_all_a_second_time_is_found_out(site: Site) -> None:
    it = survival(Orphaning, site, 3, ("supervisor",), BRIEF)
    assert (it.alive, it.kept, it.anew, it.doubles, it.missing, it.restarts) == (3, 2, 3, 2, 0, 1)
    assert it.replaced_meanwhile is False
    assert it.verdict == "they live on, and are started a second time"


def test_what_fails_is_noted_and_what_there_is_not_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    def unsupported() -> int:
        raise Unsupported

    def broken() -> int:
        raise OSError("no such luck")

    stages = Stages()
    assert stages.ask("seven", lambda: 7) == 7
    assert stages.ask("nothing", unsupported) is None
    assert stages.ask("luck", broken) is None
    assert stages.errors == {"luck": "OSError('no such luck')"}
    assert "no such luck" in capsys.readouterr().err


def test_calm_is_when_nothing_changes_or_the_limit_is_over() -> None:
    wait_calm(lambda: 1, calm_s=0.0, limit_s=60)
    changing = iter(range(1000))
    wait_calm(lambda: next(changing), calm_s=60, limit_s=0.0)


def test_a_service_with_a_logger_has_both_scripts(tmp_path: Path) -> None:
    RunitLog(Site(tmp_path, tmp_path), tmp_path).configure([Program("p0", ("/bin/sleep", "600"))])
    run, log = tmp_path / "scan/p0/run", tmp_path / "scan/p0/log/run"
    assert run.read_text() == "#!/bin/sh\nexec /bin/sleep 600 2>&1\n"
    assert log.read_text() == f"#!/bin/sh\nexec svlogd {tmp_path}/p0.logs\n"
    assert os.access(run, os.X_OK)
    assert os.access(log, os.X_OK)


@contextmanager
def server(path: Path, talk: Callable[[socket.socket], None]) -> Iterator[None]:
    """Serve one connection."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                talk(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        thread.join(10)
        assert not thread.is_alive()


def received(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += connection.recv(size - len(data))
    return data


def zmtp_frame(connection: socket.socket) -> bytes:
    flags = received(connection, 1)[0]
    return received(connection, int.from_bytes(received(connection, 8 if flags & 2 else 1), "big"))


@pytest.mark.parametrize("length", [10, 1000])
def test_circus_is_spoken_to_in_short_and_in_long_frames(tmp_path: Path, length: int) -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(received(connection, 64))
        assert zmtp_frame(connection).startswith(b"\x05READY")
        connection.sendall(b"\x04\x06\x05READY")
        asked = msgspec.json.decode(zmtp_frame(connection))
        answer = msgspec.json.encode({"echo": asked["properties"]["text"]})
        connection.sendall(b"\x02" + len(answer).to_bytes(8, "big") + answer)

    with server(tmp_path / "s", talk):
        rpc = Zmtp(tmp_path / "s")
        assert rpc.call("list", text="x" * length) == {"echo": "x" * length}
        rpc.close()


def axon_parts(connection: socket.socket) -> Sequence[bytes]:
    count = received(connection, 1)[0] & 15
    return [received(connection, int.from_bytes(received(connection, 4), "big")) for _ in range(count)]


@pytest.mark.parametrize("answer", [{"args": [[1, 2]]}, {"error": "no such method"}])
def test_pm2_is_spoken_to_in_frames_of_parts(tmp_path: Path, answer: dict[str, object]) -> None:
    def talk(connection: socket.socket) -> None:
        call, identity = axon_parts(connection)
        assert msgspec.json.decode(call[2:]) == {"type": "call", "method": "list", "args": [{}]}
        parts = [b"j:" + msgspec.json.encode(answer), identity]
        connection.sendall(b"\x12" + b"".join(len(part).to_bytes(4, "big") + part for part in parts))

    with server(tmp_path / "s", talk):
        rpc = Axon(tmp_path / "s")
        if "error" in answer:
            with pytest.raises(AxonError, match="no such method"):
                rpc.call("list", {})
        else:
            assert rpc.call("list", {}) == [1, 2]
        rpc.close()


def test_the_command_compares_and_writes_what_it_found(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "out"
    words = ["--only", "raw-c", "circus", "--n", "2", "--what", "logs", "--quick"]
    assert main([*words, "--peers", str(site.peers), "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert "| raw-c " in said.out
    assert "circus: not installed" in said.err
    saved = msgspec.json.decode((out / "supervisors.json").read_bytes())
    assert [each["name"] for each in saved["peers"]] == ["raw-c"]
    assert "| raw-c " in (out / "supervisors.md").read_text()


def test_the_installer_leaves_alone_what_is_there_and_says_what_it_could_not_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, version in {**install.PYTHON_PEERS, "pm2": install.PM2, "runit": "1"}.items():
        (tmp_path / f"{name}.done").write_text(f"{version}\n")
    assert install.main(["--peers", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "pm2: installed" in said
    assert "daemontools: NOT INSTALLED: there is no apt-get here" in said
