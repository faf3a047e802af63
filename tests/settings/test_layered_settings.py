"""Settings: which layer wins, where a value came from, and everything that is said of wrong ones."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protoddfd.errors import ConfigInvalid
from protoddfd.settings import Loaded, check, check_text, load, load_again
from protoddfd.spec import Problem


def loaded(
    folder: Path, *, etc: str = "", home: str = "", environ: dict[str, str] | None = None, **options: str
) -> Loaded:
    (folder / "etc.toml").write_text(etc)
    (folder / "config.toml").write_text(home)
    command_line = {key.replace("__", "."): value for key, value in options.items()}
    return load(folder, environ or {}, command_line, etc=folder / "etc.toml")


def faults(text: str) -> dict[str, tuple[str, str]]:
    """Return the message and hint of each fault of a file, by its path."""
    return {problem.path: (problem.message, problem.hint) for problem in check_text(text)}


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
        "worker.time_s": f"{tmp_path / 'config.toml'}:2",
        "worker.memory_mib": "$PROTODDF_WORKER_MEMORY_MIB",
    }


def test_without_files_there_are_defaults(tmp_path: Path) -> None:
    found = load(tmp_path, {}, {}, etc=tmp_path / "none.toml")
    assert found.settings.ports.range == "3000-5000"
    assert found.origins == {}


def test_the_same_layers_can_be_read_again(tmp_path: Path) -> None:
    environ = {"PROTODDF_WORKER_PROCESSES": "4", "PROTODDF_HOME": "/x", "PASSWORD": "s3cr3t"}
    first = loaded(tmp_path, home="[apps]\nstop_grace_s = 1", environ=environ, log__level="debug")
    assert "s3cr3t" not in repr(first)
    (tmp_path / "config.toml").write_text("[apps]\nstop_grace_s = 2")
    again = load_again(first)
    assert again.settings.apps.stop_grace_s == 2
    assert (again.settings.worker.processes, again.settings.log.level) == (4, "debug")
    (tmp_path / "config.toml").unlink()
    assert load_again(again).settings.apps.stop_grace_s == 10


def test_all_faults_of_all_layers_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        loaded(
            tmp_path,
            etc="[worker]\nprocesses = 'many'\n\n[ports]\nrange = '9-3'",
            home="[wroker]\nprocesses = 3\nmemory_mib = 4\n[log]\nlevel = 'verbose'",
            environ={"PROTODDF_SOURCES_QUOTA_MIB": "-1"},
            logs__keeep="3",
        )
    etc, home = tmp_path / "etc.toml", tmp_path / "config.toml"
    assert caught.value.problems == (
        Problem(
            path="worker.processes",
            message=f"{etc}:2: 'many' is not a whole number from 1 to 64",
            hint="write for example 2",
        ),
        Problem(
            path="ports.range",
            message=f"{etc}:5: '9-3' does not lie between 1 and 65535 with the smaller port first",
            hint="write for example 3000-5000",
        ),
        Problem(
            path="wroker",
            message=f"{home}:1: there is no section of that name",
            hint="did you mean [worker]?",
        ),
        Problem(
            path="log.level",
            message=f"{home}:5: 'verbose' is not debug, info, warning or error",
            hint="",
        ),
        Problem(
            path="sources.quota_mib",
            message="$PROTODDF_SOURCES_QUOTA_MIB: '-1' is not a whole number from 1 to 1,048,576",
            hint="write for example 2048",
        ),
        Problem(
            path="logs.keeep",
            message="command line: there is no setting of that name",
            hint="did you mean logs.keep?",
        ),
    )
    assert str(caught.value) == (
        "the configuration has 6 faults: worker.processes, ports.range, wroker and 3 more"
    )


def test_the_layers_are_checked_without_using_them(tmp_path: Path) -> None:
    found = loaded(tmp_path, home="[log]\nkeep = 3")
    assert check(found.layers) == ()
    (tmp_path / "config.toml").write_text("[log]\nkeep = 0")
    assert [problem.path for problem in check(found.layers)] == ["log.keep"]


@pytest.mark.parametrize(
    ("text", "path", "said", "helps"),
    [
        ("[worker]\nprocesses = '3'", "worker.processes", "'3' is not a whole number", "3 without quotes"),
        ("[worker]\nprocesses = true", "worker.processes", "true is not", "for example 2"),
        ("[worker]\nprocesses = [1]", "worker.processes", "a list is not", "for example 2"),
        ("[worker.processes]\na = 1", "worker.processes", "a table is not", "for example 2"),
        ("[worker]\nprocesses = 2026-01-01", "worker.processes", "2026-01-01 is not", "for example 2"),
        ("[worker]\nprocesses = 65", "worker.processes", "65 is not a whole number from 1 to 64", ""),
        ("[worker]\ntime_s = nan", "worker.time_s", "nan is not a number above 0 to 86,400", ""),
        ("[worker]\ntime_s = inf", "worker.time_s", "inf is not a number", ""),
        ("[apps]\nstop_grace_s = -0.5", "apps.stop_grace_s", "-0.5 is not a number from 0 to", ""),
        ("[apps]\nhealth = 'htpp'", "apps.health", "'htpp' is not http or process", "did you mean http?"),
        ("[log]\nlevel = 'INFO'", "log.level", "'INFO' is not debug, info", "did you mean info?"),
        ("[log]\nprocesses = 3", "log.processes", "no setting of that name", "mean worker.processes?"),
        ("[log]\nzzz = 3", "log.zzz", "no setting of that name", "[log] has level, rotate_mib, keep"),
        ("[zzz]", "zzz", "config.toml:1: there is no section of that name", "sections: paths, ports, apps"),
        ("worker = 3", "worker", "is not a section", "write [worker] and its keys below it"),
        ("level = 3", "level", "is not a section", "put it below the [section] it belongs to"),
        ("[worker", "config.toml", "is not TOML: ", "correct that line"),
        ("a = 1\na = 2\n", "config.toml", "(at line 2, column 6)", "correct that line"),
        ("a = " + "[" * 5000, "config.toml", "is not TOML: ", ""),
        ("[ports]\nrange = '0-5'", "ports.range", "does not lie between 1 and 65535", "3000-5000"),
        ("[ports]\nrange = '6-5'", "ports.range", "with the smaller port first", "3000-5000"),
        ("[ports]\nrange = '1-65536'", "ports.range", "does not lie between", "3000-5000"),
        ("[ports]\nrange = '²-9'", "ports.range", "is not a range of ports", "3000-5000"),
        ("[ports]\nrange = ''", "ports.range", "is not a range of ports", "3000-5000"),
        ("[paths]\ncache = 'here'", "paths.cache", "'here' is not an absolute path", "begin it with /"),
        ('[paths]\ncache = "/a\\u0000"', "paths.cache", "NUL", "take it out"),
        ("[access]\nread_group = 'n0body-here'", "access.read_group", "no group 'n0body-here'", "groupadd"),
    ],
)  # fmt: skip
def test_a_fault_of_a_file_says_what_where_and_what_helps(
    text: str, path: str, said: str, helps: str
) -> None:
    found = faults(text)
    assert list(found) == [path]
    assert said in found[path][0]
    assert helps in found[path][1]


@pytest.mark.parametrize(
    "text",
    [
        "", "# nothing", "[worker]", "[ports]\nrange = '1-65535'", "[apps]\nstop_grace_s = 0",
        "[log]\nlevel = 'error'", "[apps]\nredis_url = 'redis://:pw@127.0.0.1:6379/0'",
        "[access]\nread_group = 'root'", "worker.processes = 3", "[paths]\ncache = ''",
        "\n\n[logs]\nmax_age_days = 0.5\nquota_mib = 0\n",
    ],
)  # fmt: skip
def test_what_is_right_has_no_faults(text: str) -> None:
    assert faults(text) == {}


def test_a_password_in_an_address_is_not_told() -> None:
    assert "s3cr3t" not in str(faults("[apps]\nredis_url = 'http://:s3cr3t@host'"))
    assert "s3cr3t" not in str(faults("[apps]\nredis_url = ['redis://:s3cr3t@host']"))


def test_an_unknown_section_is_told_once(tmp_path: Path) -> None:
    del tmp_path
    assert list(faults("[wroker]\nprocesses = 1\nmemory_mib = 2\ntime_s = 3")) == ["wroker"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[worker]\n\nprocesses = 0", ":3"),
        ("  [ worker ]  # x\n  'processes' = 0", ":2"),
        ("worker.processes = 0", ":1"),
        ("worker = { processes = 0 }", ":1"),
        ("[log]\nlevel = 'info'\n[worker]\nmemory_mib = 100\nprocesses = 0", ":5"),
    ],
)
def test_a_fault_has_its_line(text: str, line: str) -> None:
    assert faults(text)["worker.processes"][0].startswith(f"config.toml{line}: ")


def test_a_variable_that_is_almost_a_settings_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        loaded(tmp_path, environ={"PROTODDF_WORKER_PROCESES": "3", "PROTODDF_LOGS_SERVICE_HOST": "10.0.0.1"})
    (problem,) = caught.value.problems
    assert problem.path == "$PROTODDF_WORKER_PROCESES"
    assert problem.hint == "did you mean PROTODDF_WORKER_PROCESSES?"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.mkdir(), "cannot be read: Is a directory"),
        (lambda path: path.write_bytes(b"[log]\nlevel = '\xff'"), "is not UTF-8 text (line 2)"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, make: object, said: str) -> None:
    assert callable(make)
    make(tmp_path / "config.toml")
    with pytest.raises(ConfigInvalid) as caught:
        load(tmp_path, {}, {"log.level": "loud"}, etc=tmp_path / "none")
    assert [problem.path for problem in caught.value.problems] == [str(tmp_path / "config.toml"), "log.level"]
    assert caught.value.problems[0].message == said


def test_a_relative_path_is_for_those_who_stand_somewhere(tmp_path: Path) -> None:
    assert loaded(tmp_path, paths__generated="apps").settings.paths.generated == "apps"
    assert loaded(tmp_path, environ={"PROTODDF_PATHS_CACHE": "c"}).settings.paths.cache == "c"


@given(st.text(alphabet=st.sampled_from("[]=.'\"\n #abcworker_processes0123\\{}\x00\ud7ff"), max_size=80))
def test_no_text_makes_the_check_fail(text: str) -> None:
    for problem in check_text(text):
        assert problem.path
        assert problem.message


@pytest.mark.e2e
def test_a_file_is_checked_without_a_daemon(tmp_path: Path) -> None:
    def run(*words: str, stdin: str = "") -> tuple[int, list[dict[str, str]]]:
        ran = subprocess.run(
            [sys.executable, "-m", "protoddfd.settings", *words],
            input=stdin, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return ran.returncode, json.loads(ran.stdout)["problems"]

    assert run(str(tmp_path)) == (0, [])
    (tmp_path / "config.toml").write_text("[log]\nlevel = 1")
    status, problems = run(str(tmp_path))
    assert (status, problems[0]["path"]) == (1, "log.level")
    assert run(str(tmp_path), "-", stdin="[nope]")[1][0]["path"] == "nope"


HASHES = ("sha256:" + "a" * 64, "sha256:" + "b" * 64)


def test_a_list_is_one_in_a_file_and_has_commas_elsewhere(tmp_path: Path) -> None:
    text = f"[templates]\nallowed_hooks = {json.dumps(HASHES)}\n"
    assert loaded(tmp_path, home=text).settings.templates.allowed_hooks == HASHES
    variable = {"PROTODDF_TEMPLATES_ALLOWED_HOOKS": f"{HASHES[0]}, {HASHES[1]}"}
    assert loaded(tmp_path, environ=variable).settings.templates.allowed_hooks == HASHES
    assert loaded(tmp_path, templates__allowed_hooks="").settings.templates.allowed_hooks == ()


@pytest.mark.parametrize("value", ['"sha256:"', '["md5:00"]', f'["{HASHES[0]}", "*"]', "[1]", "true"])
def test_hooks_are_allowed_by_whole_hashes_alone(value: str) -> None:
    assert list(faults(f"[templates]\nallowed_hooks = {value}\n")) == ["templates.allowed_hooks"]
