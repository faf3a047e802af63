"""Real apps through their life: start, stop, crash, delete, and the daemon's own end."""

import os
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from testbed import Daemon, http, runs, wait_for

pytestmark = pytest.mark.e2e


def pid_of(daemon: Daemon, name: str) -> int:
    (instance,) = daemon.app(name).instances
    return instance.pid


def test_a_stop_refuses_clients_and_a_start_serves_on_the_same_ports(shared: Daemon) -> None:
    before = shared.create("stopper")
    shared.call("app.stop", name="stopper")
    stopped = shared.app("stopper")
    assert (stopped.state, stopped.wanted, stopped.instances) == ("down", "down", ())
    with pytest.raises(ConnectionRefusedError):
        http(before.ports.backend, "/ping")
    shared.call("app.start", name="stopper")
    assert shared.app("stopper").ports == before.ports
    assert http(before.ports.backend, "/ping")[0] == 200


def test_a_new_app_has_its_tables_before_anybody_visits_it_and_no_process_but_its_own(shared: Daemon) -> None:
    app = shared.create("ready")
    database = Path(app.path) / "data" / "app.db"
    wait_for(lambda: database.exists() and "customer" in tables_of(database))
    wait_for(lambda: psutil.Process(pid_of(shared, "ready")).children() == [])


def test_no_file_is_made_for_an_app_whose_tables_are_elsewhere(shared: Daemon, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.db"
    app = shared.create("elsewhere", start=False)
    shared.call("app.set", name="elsewhere", env={"DATABASE_URL": f"sqlite:///{elsewhere}"})
    shared.call("app.start", name="elsewhere")
    http(app.ports.frontend, "/")
    wait_for(elsewhere.exists)
    assert not (Path(app.path) / "data" / "app.db").exists()


def tables_of(database: Path) -> set[str]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_start_and_stop_may_be_repeated(shared: Daemon) -> None:
    first = shared.create("again")
    shared.call("app.start", name="again")
    assert shared.app("again").instances[0].pid == first.instances[0].pid
    shared.call("app.stop", name="again")
    shared.call("app.stop", name="again")


def test_a_restart_is_a_new_process_on_the_same_ports(shared: Daemon) -> None:
    before = shared.create("renewed")
    shared.call("app.restart", name="renewed")
    after = shared.app("renewed")
    assert after.ports == before.ports
    assert after.instances[0].pid != before.instances[0].pid
    assert after.instances[0].life == 2


def test_a_killed_app_is_replaced_and_no_client_is_refused(shared: Daemon) -> None:
    app = shared.create("phoenix")
    os.kill(pid_of(shared, "phoenix"), signal.SIGKILL)
    assert http(app.ports.backend, "/ping")[0] == 200
    assert wait_for(lambda: shared.app("phoenix").state == "ready")
    assert shared.app("phoenix").instances[0].life == 2


def test_an_app_that_cannot_start_says_why_with_its_last_lines(shared: Daemon) -> None:
    app = shared.create("broken", start=False)
    code = Path(app.path) / "broken_app" / "broken.py"
    code.write_text(code.read_text() + "\n\nraise RuntimeError('the moon is in the way')\n")
    with pytest.raises(Exception, match="the moon is in the way") as refused:
        shared.call("app.start", name="broken", wait_s=60)
    assert getattr(refused.value, "hint", "")
    shared.call("app.stop", name="broken")


def test_what_an_app_prints_is_in_its_log_with_its_stream(shared: Daemon) -> None:
    app = shared.create("talker", start=False)
    code = Path(app.path) / "talker_app" / "talker.py"
    code.write_text(
        code.read_text()
        + "\nimport sys\n"
        + "print('hello', flush=True)\n"
        + "print('oh dear', file=sys.stderr, flush=True)\n"
    )
    shared.call("app.start", name="talker", wait_s=120)
    records = shared.call("app.logs", name="talker")["records"]
    assert {(each["stream"], each["text"]) for each in records} >= {("out", "hello"), ("err", "oh dear")}
    only = shared.call("app.logs", name="talker", match="dear")["records"]
    assert [each["text"] for each in only] == ["oh dear"]


def test_a_delete_leaves_nothing(shared: Daemon) -> None:
    app = shared.create("vanished")
    pid = app.instances[0].pid
    assert shared.call("app.delete", name="vanished") == {"deleted": "vanished", "kept": None}
    assert not psutil.pid_exists(pid)
    assert not Path(app.path).exists()
    assert [path for path in shared.home.rglob("*") if path.name.startswith("vanished")] == []
    assert "vanished" not in {row["app"] for row in shared.call("port.list")["ports"]}


def test_a_delete_can_keep_the_files(shared: Daemon) -> None:
    app = shared.create("kept")
    assert shared.call("app.delete", name="kept", keep_files=True)["kept"] == app.path
    assert (Path(app.path) / "appspec.json").exists()


def test_an_app_whose_folder_has_vanished_fails_and_cleanup_frees_its_ports(shared: Daemon) -> None:
    app = shared.create("ghost")
    shutil.rmtree(app.path)
    wait_for(lambda: shared.app("ghost").state == "failed")
    assert "has vanished" in (shared.app("ghost").reason or "")
    shared.call("port.cleanup")
    assert "ghost" not in {each["name"] for each in shared.call("app.list")["apps"]}


def test_an_app_holds_no_descriptor_of_the_daemon_or_of_other_apps(shared: Daemon) -> None:
    mine, other = shared.create("mine1"), shared.create("mine2")
    ports = {
        connection.laddr.port
        for connection in psutil.Process(mine.instances[0].pid).net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert ports == {mine.ports.frontend, mine.ports.backend}
    assert other.ports.frontend not in ports


def test_an_app_may_not_call_the_daemon(shared: Daemon) -> None:
    app = shared.create("spy", start=False)
    code = Path(app.path) / "spy_app" / "spy.py"
    answer = shared.home / "spy-answer"
    code.write_text(
        code.read_text()
        + "\nimport pathlib, socket\n"
        + "with socket.socket(socket.AF_UNIX) as peer:\n"
        + f"    peer.connect({str(shared.socket)!r})\n"
        + '    peer.sendall(b\'{"jsonrpc":"2.0","id":1,"method":"daemon.status"}\\n\')\n'
        + f"    pathlib.Path({str(answer)!r}).write_bytes(peer.recv(65536))\n"
    )
    shared.call("app.start", name="spy", wait_s=120)
    assert b"1602" in answer.read_bytes()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_daemon_ends_with_all_its_processes_and_status_0(daemon: Daemon, number: signal.Signals) -> None:
    daemon.create("one")
    daemon.create("two")
    kin = daemon.kin()
    assert len(kin) >= 5
    assert daemon.stop(number) == 0
    assert [process for process in kin if runs(process)] == []
    assert not daemon.socket.exists()


@pytest.mark.long
def test_a_daemon_that_ends_while_it_starts_apps_leaves_none_running(home: Path) -> None:
    daemon = Daemon(home, "--set", "apps.starts_at_once=1")
    try:
        daemon.start()
        for number in range(6):
            daemon.create(f"app{number}", start=False)
        daemon.call("app.start", all=True, wait_s=120)
        assert daemon.stop() == 0
        daemon.start()
        wait_for(lambda: daemon.app("app0").state != "down")
        kin = daemon.kin()
        assert daemon.stop() == 0
        assert [process for process in (*kin, *daemon.kin()) if runs(process)] == []
        told = (home / "logs" / "protoddfd.log").read_text().rpartition("daemon.stopping")[2]
        assert '"state":"stopping"' in told
        assert '"state":"starting"' not in told
    finally:
        daemon.clean_up()


def test_after_a_restart_the_same_apps_are_up_on_the_same_ports(daemon: Daemon) -> None:
    up, down = daemon.create("up"), daemon.create("down", start=False)
    assert daemon.stop() == 0
    daemon.start()
    wait_for(lambda: daemon.app("up").state == "ready")
    assert daemon.app("up").ports == up.ports
    assert daemon.app("down").ports == down.ports
    assert daemon.app("down").state == "down"


def test_apps_outlive_a_detached_daemon_and_are_adopted_by_the_next(daemon: Daemon) -> None:
    app = daemon.create("lasting")
    assert daemon.stop(signal.SIGUSR2) == 0
    assert http(app.ports.backend, "/ping")[0] == 200
    daemon.start()
    wait_for(lambda: daemon.app("lasting").state == "ready")
    assert daemon.app("lasting").instances[0].pid == app.instances[0].pid


def test_apps_outlive_a_killed_daemon_and_are_adopted_by_the_next(daemon: Daemon) -> None:
    app = daemon.create("lasting")
    daemon.stop(signal.SIGKILL)
    assert http(app.ports.backend, "/ping")[0] == 200
    daemon.start()
    wait_for(lambda: daemon.app("lasting").state == "ready")
    assert daemon.app("lasting").instances[0].pid == app.instances[0].pid
    daemon.call("app.stop", name="lasting")
    with pytest.raises(ConnectionRefusedError):
        http(app.ports.backend, "/ping")


def test_a_killed_zygote_is_replaced_and_its_apps_live_on(daemon: Daemon) -> None:
    app = daemon.create("orphan")
    pid = daemon.call("daemon.status")["zygote"]["pid"]
    psutil.Process(pid).kill()
    wait_for(lambda: daemon.call("daemon.status")["zygote"]["pid"] not in (None, pid))
    assert daemon.app("orphan").instances[0].pid == app.instances[0].pid
    assert http(app.ports.backend, "/ping")[0] == 200
    os.kill(app.instances[0].pid, signal.SIGKILL)
    wait_for(lambda: [(it.state, it.life) for it in daemon.app("orphan").instances] == [("ready", 2)])
    assert http(app.ports.backend, "/ping")[0] == 200
