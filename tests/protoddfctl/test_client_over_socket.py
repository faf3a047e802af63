"""The client class: typed results, the daemon's own exceptions, uploads, time limits."""

import os
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from protoddfctl.client import AnswerOdd, Client, ConnectionLost, NoDaemon, SocketDenied, TimedOut
from protoddfctl.upload import CHUNK_BYTES, source_of, sources_of
from protoddfd.errors import AppUnknown, ProtoddfError
from protoddfd.wire import params, results
from protoddfd.wire.envelope import REQUEST_LIMIT_BYTES


def test_a_result_comes_as_its_type(daemon: Any) -> None:
    with Client(str(daemon.socket)) as client:
        assert client.call("app.show", {"name": "crm"}, type=results.App).ports.frontend == 4001
        assert client.call("app.show", params.AppName(name="crm"), type=results.App).name == "crm"


def test_a_refusal_comes_as_the_exception_that_was_raised(daemon: Any) -> None:
    with Client(str(daemon.socket)) as client:
        with pytest.raises(AppUnknown, match="nix") as caught:
            client.call("app.show", {"name": "nix"}, type=results.App)
        assert caught.value.hint == "protoddfctl list"
        assert client.call("app.show", {"name": "crm"}, type=results.App).name == "crm"


def test_a_fault_of_the_protocol_keeps_its_code(daemon: Any) -> None:
    with Client(str(daemon.socket)) as client, pytest.raises(ProtoddfError) as caught:
        client.call("app.shoe", type=results.App)
    assert (caught.value.code, caught.value.kind) == (-32601, "rpc.method_not_found")


def test_notifications_follow_the_answer(daemon: Any) -> None:
    with Client(str(daemon.socket)) as client:
        assert client.call("events.subscribe", {"since": 3}, type=results.Subscribed).seq == 4
        assert [method for method, _ in client.notifications(timeout_s=10)] == ["event", "event"]


def test_no_daemon_is_said_so(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(NoDaemon, match="no protoddfd answers"):
            Client(str(path)).call("daemon.status", type=results.DaemonStatus)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may use every socket")
def test_a_socket_of_somebody_else_is_said_so(daemon: Any) -> None:
    daemon.socket.chmod(0)
    with pytest.raises(SocketDenied):
        Client(str(daemon.socket)).call("daemon.status", type=results.DaemonStatus)


def test_a_silent_daemon_is_waited_for_no_longer_than_allowed(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        with Client(str(tmp_path / "s"), timeout_s=0.05) as client, pytest.raises(TimedOut):
            client.call("daemon.status", type=results.DaemonStatus)


def test_a_daemon_that_goes_away_is_said_so(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        closer = threading.Thread(target=lambda: listener.accept()[0].close())
        closer.start()
        with Client(str(tmp_path / "s")) as client, pytest.raises(ConnectionLost):
            client.call("daemon.status", type=results.DaemonStatus)
        closer.join()


def test_an_answer_of_another_shape_is_said_so(daemon: Any) -> None:
    with Client(str(daemon.socket)) as client, pytest.raises(AnswerOdd, match="not understood"):
        client.call("template.list", type=results.PortMap)


def test_a_program_that_speaks_something_else_is_said_so(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()

        def greet() -> None:
            with listener.accept()[0] as connection:
                connection.sendall(b"220 mail ready\r\n")
                connection.recv(1)

        greeter = threading.Thread(target=greet)
        greeter.start()
        with Client(str(tmp_path / "s")) as client, pytest.raises(AnswerOdd):
            client.call("daemon.status", type=results.DaemonStatus)
        greeter.join()


def test_a_daemon_on_a_very_long_path_is_reached(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 120)
    folder.mkdir()
    with pytest.raises(NoDaemon):
        Client(str(folder / "s")).call("daemon.status", type=results.DaemonStatus)


def test_the_daemons_user_is_known(daemon: Any) -> None:
    with Client(str(daemon.socket)) as client:
        assert client.peer_uid() == os.geteuid()


class ClientOfAnotherUser(Client):
    """Believes that the daemon runs as somebody else, which a test cannot arrange without being root."""

    def peer_uid(self) -> int:
        return super().peer_uid() + 1


@pytest.mark.parametrize("size", [0, 10, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_a_file_for_a_daemon_of_another_user_is_uploaded_whole(
    daemon: Any, tmp_path: Path, size: int
) -> None:
    data = os.urandom(size)
    (tmp_path / "a.bin").write_bytes(data)
    with ClientOfAnotherUser(str(daemon.socket)) as client:
        source = source_of(client, str(tmp_path / "a.bin"), "a.bin")
    assert source["name"] == "a.bin"
    assert daemon.uploads[source["source"]] == data
    lasts = [asked.last for name, asked in daemon.calls if name == "source.put"]
    assert lasts == [False] * (len(lasts) - 1) + [True]


def test_a_folder_stands_for_its_files_and_a_database_for_itself(daemon: Any, tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", ".hidden"):
        (tmp_path / name).write_text("x\n1\n")
    with Client(str(daemon.socket)) as client:
        found = sources_of(client, [str(tmp_path), "postgresql://me@localhost/shop"])
    assert found == [
        {"path": str(tmp_path / "a.csv")},
        {"path": str(tmp_path / "b.csv")},
        {"url": "postgresql://me@localhost/shop"},
    ]


def test_a_chunk_fits_into_a_request() -> None:
    assert CHUNK_BYTES * 4 / 3 + 4096 < REQUEST_LIMIT_BYTES
