"""What a folder takes on disk, within bounds."""

import os
import subprocess
from pathlib import Path

from protoddfd.edge.folder_size import FolderSize, folder_size


def du(path: Path) -> int:
    told = subprocess.run(["du", "-sx", "--block-size=1", str(path)], capture_output=True, check=True)
    return int(told.stdout.split()[0])


def make_app(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "app.db").write_bytes(b"x" * 100_000)
    for number in range(30):
        (folder / f"module_{number}.py").write_text("pass\n" * number)
    with (folder / "sparse").open("wb") as file:
        file.truncate(100_000_000)


def test_it_is_what_du_says(tmp_path: Path) -> None:
    make_app(tmp_path)
    found = folder_size(str(tmp_path))
    assert found == FolderSize(used_bytes=du(tmp_path), entries=33, complete=True)


def test_a_file_with_two_names_counts_once(tmp_path: Path) -> None:
    make_app(tmp_path)
    os.link(tmp_path / "data" / "app.db", tmp_path / "again")
    assert folder_size(str(tmp_path)).used_bytes == du(tmp_path)


def test_links_are_not_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "app", tmp_path / "node_modules"
    inside.mkdir()
    outside.mkdir()
    make_app(outside)
    (inside / "to_outside").symlink_to(outside)
    (inside / "to_itself").symlink_to(inside)
    found = folder_size(str(inside))
    assert (found.used_bytes, found.entries) == (du(inside), 2)


def test_too_large_a_folder_is_left_off(tmp_path: Path) -> None:
    make_app(tmp_path)
    found = folder_size(str(tmp_path), entries_max=10)
    assert (found.entries, found.complete) == (10, False)


def test_it_ends_when_its_time_is_over(tmp_path: Path) -> None:
    make_app(tmp_path)
    assert folder_size(str(tmp_path), time_max_s=-1.0).entries == 1


def test_a_folder_that_is_not_there_takes_nothing(tmp_path: Path) -> None:
    assert folder_size(str(tmp_path / "nowhere")) == FolderSize(used_bytes=0, entries=0, complete=True)


def test_a_folder_that_may_not_be_read_counts_for_itself(tmp_path: Path) -> None:
    make_app(tmp_path)
    (tmp_path / "data").chmod(0)
    try:
        assert folder_size(str(tmp_path)).complete
    finally:
        (tmp_path / "data").chmod(0o700)
