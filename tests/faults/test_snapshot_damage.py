"""A state file of 20 apps with any one bit flipped, or cut anywhere: noticed, and the one before it used."""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from protoddfd.edge import snapshot

APPS = 20


def document(seq: int) -> bytes:
    """Return state as it is stored, of 20 apps."""
    apps = {
        f"app_{number}": {
            "name": f"app_{number}", "title": f"Größe {number} ☃", "template": "data_app",
            "path": f"/var/lib/protoddf/generated/app_{number}", "frontend": 3000 + 2 * number,
            "backend": 3001 + 2 * number, "wanted": "up" if number % 3 else "down",
            "created_at": 1764000000.25 + number, "spec_revision": number, "served_by": "zygote", "scale": 1,
            "options": {"after": [], "env": {"MODE": "a\"b\\c"}, "restart": "on-failure"},
        }
        for number in range(APPS)
    }  # fmt: skip
    return json.dumps({"generation": 7, "seq": seq, "apps": apps}, separators=(",", ":")).encode()


OLD, NEW = document(41), document(42)


def flips(content: bytes) -> Iterable[bytes]:
    damaged = bytearray(content)
    for position in range(len(content) * 8):
        damaged[position // 8] ^= 1 << (position % 8)
        yield bytes(damaged)
        damaged[position // 8] ^= 1 << (position % 8)


def truncations(content: bytes) -> Iterable[bytes]:
    return (content[:length] for length in range(len(content)))


DAMAGES = [flips, truncations]
Damages = Callable[[bytes], Iterable[bytes]]


@pytest.mark.parametrize("damages", DAMAGES)
def test_every_damage_is_noticed(damages: Damages) -> None:
    tried = 0
    for damaged in damages(snapshot.pack(NEW)):
        with pytest.raises(snapshot.Damaged):
            snapshot.unpack(damaged)
        tried += 1
    sys.stdout.write(f"\n{damages.__name__}: {tried} tried, 0 not noticed\n")


def check_files(folder: Path, contents: Iterable[bytes]) -> int:
    """Read each of `contents` as the newest generation; return how many there were."""
    path = folder / "state.json"
    snapshot.write(path, OLD)
    snapshot.write(path, NEW)
    tried = 0
    for damaged in contents:
        path.write_bytes(damaged)
        found = snapshot.read(path)
        assert found.data == OLD
        assert [Path(name).read_bytes() for name in found.quarantined] == [damaged]
        Path(found.quarantined[0]).unlink()
        tried += 1
    return tried


@pytest.mark.parametrize("damages", DAMAGES)
def test_the_former_generation_is_used_in_place_of_a_damaged_one(tmp_path: Path, damages: Damages) -> None:
    every = list(damages(snapshot.pack(NEW)))
    check_files(tmp_path, every[:: len(every) // 100])


@pytest.mark.long
@pytest.mark.parametrize("damages", DAMAGES)
def test_the_former_generation_is_used_in_place_of_any_damaged_one(tmp_path: Path, damages: Damages) -> None:
    tried = check_files(tmp_path, damages(snapshot.pack(NEW)))
    sys.stdout.write(f"\n{damages.__name__}: {tried} files tried, 0 lost\n")
