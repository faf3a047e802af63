"""Settings: which layer wins, where a value came from, and what is said of a wrong one."""

from pathlib import Path

import pytest

from protoddfd.errors import ConfigInvalid
from protoddfd.settings import Loaded, load


def loaded(
    folder: Path, *, etc: str = "", home: str = "", environ: dict[str, str] | None = None, **options: str
) -> Loaded:
    (folder / "etc.toml").write_text(etc)
    (folder / "config.toml").write_text(home)
    command_line = {key.replace("__", "."): value for key, value in options.items()}
    return load(folder, environ or {}, command_line, etc=folder / "etc.toml")


def test_each_layer_wins_over_the_one_before(tmp_path: Path) -> None:
    etc, home = (
        "[worker]\nprocesses = 3\ntime_s = 5\nmemory_mib = 100",
        "[worker]\ntime_s = 6\nmemory_mib = 200",
    )
    found = loaded(
        tmp_path, etc=etc, home=home, environ={"PROTODDF_WORKER_MEMORY_MIB": "300"}, worker__processes="9"
    )
    worker = found.settings.worker
    assert (worker.processes, worker.time_s, worker.memory_mib) == (9, 6.0, 300)
    assert found.origins == {
        "worker.processes": "command line",
        "worker.time_s": str(tmp_path / "config.toml"),
        "worker.memory_mib": "$PROTODDF_WORKER_MEMORY_MIB",
    }


def test_without_files_there_are_defaults(tmp_path: Path) -> None:
    found = load(tmp_path, {}, {}, etc=tmp_path / "none.toml")
    assert found.settings.ports.range == "3000-5000"
    assert found.origins == {}


@pytest.mark.parametrize(
    ("home", "said"),
    [
        ("[worker]\nprocesses = 'many'", r"config.toml: Expected `int`.*\$.worker.processes"),
        ("[worker]\nprocessses = 3", "unknown field `processses`"),
        ("worker = 3", "'worker' is not a section"),
        ("[worker", "is not TOML"),
    ],
)
def test_a_wrong_value_is_named_with_its_file(tmp_path: Path, home: str, said: str) -> None:
    with pytest.raises(ConfigInvalid, match=said):
        loaded(tmp_path, home=home)
