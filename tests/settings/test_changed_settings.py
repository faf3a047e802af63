"""A reload: what changes at run time, what has to wait, and what is documented of it."""

from pathlib import Path

import msgspec
import pytest

from protoddfd.settings import NEEDS_RESTART, Loaded, change, keys, load, load_again
from protoddfd.settings.describe import rows, table
from protoddfd.usecases.config import shown

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def loaded(folder: Path, text: str, **options: str) -> Loaded:
    (folder / "config.toml").write_text(text)
    return load(
        folder, {}, {key.replace("__", "."): value for key, value in options.items()}, etc=folder / "x"
    )


def test_what_can_change_at_run_time_does_and_the_rest_waits(tmp_path: Path) -> None:
    old = loaded(tmp_path, "[apps]\nstop_grace_s = 1\n[worker]\nprocesses = 3\n")
    new = loaded(tmp_path, "\n[apps]\nstop_grace_s = 2\n[worker]\nprocesses = 4\n[log]\nlevel = 'debug'")
    found = change(old, new)
    assert found.changed == ("apps.stop_grace_s", "log.level")
    assert found.needs_restart == ("worker.processes",)
    in_force = found.loaded
    assert (in_force.settings.apps.stop_grace_s, in_force.settings.worker.processes) == (2, 3)
    assert in_force.origins == {
        "apps.stop_grace_s": f"{tmp_path}/config.toml:3",
        "worker.processes": f"{tmp_path}/config.toml:4",
        "log.level": f"{tmp_path}/config.toml:7",
    }


def test_what_waits_for_a_restart_is_said_at_every_reload_until_it_is_taken_back(tmp_path: Path) -> None:
    old = loaded(tmp_path, "[worker]\nprocesses = 3")
    first = change(old, loaded(tmp_path, "[worker]\nprocesses = 4"))
    second = change(first.loaded, load_again(first.loaded))
    assert (first.needs_restart, second.needs_restart) == (("worker.processes",), ("worker.processes",))
    third = change(second.loaded, loaded(tmp_path, "[worker]\nprocesses = 3"))
    assert (third.changed, third.needs_restart) == ((), ())


def test_a_line_that_is_gone_means_the_default(tmp_path: Path) -> None:
    old = loaded(tmp_path, "[ports]\nrange = '4000-4100'\n[log]\nlevel = 'error'")
    found = change(old, loaded(tmp_path, ""))
    assert found.changed == ("ports.range", "log.level")
    assert found.loaded.settings.ports.range == "3000-5000"
    assert found.loaded.origins == {}


def test_a_value_that_only_moved_is_no_change_and_its_new_place_is_shown(tmp_path: Path) -> None:
    old = loaded(tmp_path, "[log]\nlevel = 'error'")
    found = change(old, loaded(tmp_path, "# a remark\n\n[log]\nlevel = 'error'"))
    assert (found.changed, found.needs_restart) == ((), ())
    assert found.loaded.origins == {"log.level": f"{tmp_path}/config.toml:4"}


def test_a_file_changes_nothing_that_the_command_line_decided(tmp_path: Path) -> None:
    old = loaded(tmp_path, "[log]\nlevel = 'error'", log__level="debug")
    (tmp_path / "config.toml").write_text("[log]\nlevel = 'info'")
    found = change(old, load_again(old))
    assert found.changed == ()
    assert found.loaded.settings.log.level == "debug"


def test_the_same_settings_are_no_change(tmp_path: Path) -> None:
    old = loaded(tmp_path, "[log]\nlevel = 'error'")
    assert change(old, old) == change(old, load_again(old))
    assert change(old, old).loaded == old


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("redis://u:s3@cr/3t@host:1/0", "redis://***@host:1/0"),
        ("redis://host:1/0?password=s3cr3t&db=1", "redis://host:1/0?password=***&db=1"),
        ("unix:///run/redis?db=1&password=s3cr3t", "unix:///run/redis?db=1&password=***"),
        ("redis://host:1/0", "redis://host:1/0"),
        ("3000-5000", "3000-5000"),
        (3, 3),
    ],
)
def test_the_password_of_an_address_is_not_shown(value: object, told: object) -> None:
    assert shown(value) == told


def test_every_setting_that_needs_a_restart_is_one() -> None:
    assert set(keys()) >= NEEDS_RESTART


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: row.key)
def test_every_setting_says_what_it_is_for(row: msgspec.Struct) -> None:
    told = str(getattr(row, "description", ""))
    assert told.endswith(".")
    assert "|" not in told


def test_the_page_has_every_setting_as_it_is() -> None:
    """Run `python -c "from protoddfd.settings.describe import table; print(table())"` and paste it there."""
    assert table() in PAGE.read_text(encoding="utf-8")
