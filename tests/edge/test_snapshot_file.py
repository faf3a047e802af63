"""The state file: whole or not there, damage noticed, former generations kept."""

from pathlib import Path

import pytest

from protoddfd.edge import snapshot

DATA = b'{"apps":{"crm":{"frontend":4001,"backend":4002}}}'


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    snapshot.write(path, DATA)
    assert snapshot.read(path) == snapshot.Found(data=DATA)


def test_nothing_there_is_no_error(tmp_path: Path) -> None:
    assert snapshot.read(tmp_path / "state.json") == snapshot.Found(data=None)


def test_every_flipped_bit_is_noticed() -> None:
    content = snapshot.pack(DATA)
    for position in range(len(content) * 8):
        flipped = bytearray(content)
        flipped[position // 8] ^= 1 << (position % 8)
        with pytest.raises(snapshot.Damaged):
            snapshot.unpack(bytes(flipped))


def test_every_truncation_is_noticed() -> None:
    content = snapshot.pack(DATA)
    for length in range(len(content)):
        with pytest.raises(snapshot.Damaged):
            snapshot.unpack(content[:length])


def test_a_damaged_file_is_set_aside_and_the_one_before_it_is_used(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    snapshot.write(path, b"1")
    snapshot.write(path, b"2")
    path.write_bytes(b"garbage")
    found = snapshot.read(path)
    assert found.data == b"1"
    assert [Path(name).read_bytes() for name in found.quarantined] == [b"garbage"]


def test_three_former_generations_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    for number in range(6):
        snapshot.write(path, b"%d" % number)
    kept = sorted(each.name for each in tmp_path.iterdir())
    assert kept == ["state.json", "state.json.1", "state.json.2", "state.json.3"]
    assert snapshot.unpack((tmp_path / "state.json.3").read_bytes()) == b"2"


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.json"
    with monkeypatch.context() as newer:
        newer.setattr(snapshot, "SCHEMA", snapshot.SCHEMA + 1)
        snapshot.write(path, DATA)
    before = path.read_bytes()
    with pytest.raises(snapshot.FromNewerVersion):
        snapshot.read(path)
    assert path.read_bytes() == before


def test_a_disk_that_refuses_leaves_the_former_file(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    snapshot.write(path, DATA)
    path.with_name("state.json.new").mkdir()
    with pytest.raises(OSError, match="directory"):
        snapshot.write(path, b"2")
    assert snapshot.read(path).data == DATA


def test_a_file_of_an_older_version_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.json"
    snapshot.write(path, DATA)
    monkeypatch.setattr(snapshot, "SCHEMA", snapshot.SCHEMA + 1)
    assert snapshot.read(path) == snapshot.Found(data=DATA)


def test_writes_that_fail_push_no_former_content_out(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    for number in range(4):
        snapshot.write(path, b"%d" % number)
    in_the_way = path.with_name("state.json.new")
    in_the_way.mkdir()
    for _ in range(5):
        with pytest.raises(IsADirectoryError):
            snapshot.write(path, b"4")
    in_the_way.rmdir()
    kept = sorted(tmp_path.iterdir())
    assert [snapshot.unpack(each.read_bytes()) for each in kept] == [b"3", b"2", b"1", b"0"]


@pytest.mark.parametrize("content", [b"", b"[" * 100_000, b'{"schema":1', b"\xff" * 100, b'{"schema":1}'])
def test_what_was_never_a_state_file_is_damaged(content: bytes) -> None:
    with pytest.raises(snapshot.Damaged):
        snapshot.unpack(content)


def test_every_damaged_file_is_kept_under_a_name_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    for number in range(3):
        path.write_bytes(b"garbage %d" % number)
        assert snapshot.read(path).quarantined == (str(tmp_path / f"state.json.damaged-{number + 1}"),)
    assert (tmp_path / "state.json.damaged-1").read_bytes() == b"garbage 0"
