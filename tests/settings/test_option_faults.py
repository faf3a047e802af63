"""Faults of an app's options: all at once, each with its path and what helps, none with a value."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protoddfd.core.options import ENVIRONMENT_BYTES_MAX, problems_of_options
from protoddfd.wire.options import AppOptions

SENTINEL = "s3cr3tVALUE"


def faults(name: str | None = None, **options: Any) -> dict[str, str]:
    """Return the message and hint of each fault, by its path."""
    found = problems_of_options(msgspec.convert(options, AppOptions), name)
    assert all(problem.hint for problem in found)
    return {problem.path: f"{problem.message} ({problem.hint})" for problem in found}


def test_the_defaults_and_a_full_set_have_no_faults() -> None:
    assert faults() == {}
    assert faults(
        "crm",
        on_demand=True, idle_stop_s=600, after=["db", "cache"],
        env={"DEBUG": "1", "LD_PRELOAD": "/x.so", "PATH": "/bin", "spring.url": "a=b\nc", "_": ""},
        env_files=["/etc/crm.env"], secrets={"DB_PASSWORD": "/run/secrets/db"},
        limits={"memory_mib": 512, "cpu_percent": 150, "processes": 64, "open_files": 1024},
        health={
            "period_min_s": 5, "period_max_s": 5,
            "checks": [
                {"kind": "process"},
                {"kind": "port", "port": 6379},
                {"kind": "http", "port": "frontend", "path": "/ready?x=1", "status": [599], "contains": "ok"},
                {"kind": "command", "argv": ["pg_isready", ""]},
                {"kind": "database"},
                {"kind": "database", "url": "sqlite:////srv/app.db"},
            ],
        },
    ) == {}  # fmt: skip


def test_all_faults_are_told_at_once() -> None:
    assert list(
        faults(
            "crm",
            after=["crm", "db", "db"], idle_stop_s=5, env={"A=B": "x"}, env_files=["crm.env"],
            secrets={"PROTODDF_X": "rel"}, limits={"open_files": 2_000_000},
            health={"period_min_s": 9, "period_max_s": 8, "checks": [{"kind": "http", "path": "ready"}]},
        )
    ) == [
        "env.A=B", "env_files[0]", "secrets.PROTODDF_X", "health.period_min_s", "health.checks[0].path",
        "limits.open_files", "after[0]", "after[2]", "idle_stop_s",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["", "A=B", "A\0B", "1A", "A B", "A\n", "Ä", "-A", "PROTODDF_HOME"])
def test_a_name_that_no_variable_may_have_is_told(name: str) -> None:
    for found in (faults(env={name: SENTINEL}), faults(secrets={name: "/run/x"})):
        (fault,) = found.values()
        assert "DATABASE_URL" in fault


@pytest.mark.parametrize(
    ("value", "said"),
    [(SENTINEL + "\0", "NUL"), (SENTINEL + "x" * 65_536, "longer than 64 KiB")],
)
def test_a_value_that_no_variable_may_have_is_told_and_not_shown(value: str, said: str) -> None:
    told = str(faults(env={"TOKEN": value}))
    assert said in told
    assert SENTINEL not in told


def test_values_together_may_be_too_large() -> None:
    env = {f"KEY_{number}": "x" * (ENVIRONMENT_BYTES_MAX // 3) for number in range(3)}
    assert list(faults(env=env)) == ["env"]


def test_a_variable_cannot_be_set_twice() -> None:
    assert "is a variable of env too" in faults(env={"A": SENTINEL}, secrets={"A": "/x"})["secrets.A"]


@pytest.mark.parametrize(
    ("check", "path", "said"),
    [
        ({"kind": "http", "path": ""}, "path", "is not a path of a URL"),
        ({"kind": "http", "path": "/a b"}, "path", "is not a path of a URL"),
        ({"kind": "http", "path": "/a\r\nHost: b"}, "path", "is not a path of a URL"),
        ({"kind": "http", "path": "http://x/"}, "path", "is not a path of a URL"),
        ({"kind": "http", "status": [200, 99]}, "status", "99 is no status of HTTP"),
        ({"kind": "http", "status": [600]}, "status", "600 is no status of HTTP"),
        ({"kind": "command"}, "argv", "names no program"),
        ({"kind": "command", "argv": [""]}, "argv", "names no program"),
        ({"kind": "command", "argv": ["a", "\0"]}, "argv", "NUL"),
        ({"kind": "database", "url": SENTINEL}, "url", "is not the address of a database"),
        ({"kind": "port", "path": "/x"}, "path", "means nothing to a check of kind port (it is for http)"),
        ({"kind": "process", "port": 80}, "port", "to a check of kind process (it is for port and http)"),
        ({"kind": "http", "argv": ["x"]}, "argv", "to a check of kind http (it is for command)"),
        ({"kind": "command", "argv": ["x"], "url": "a://b"}, "url", "it is for database"),
    ],
)
def test_a_check_has_what_its_kind_needs_and_no_more(check: dict[str, Any], path: str, said: str) -> None:
    found = faults(health={"checks": [{"kind": "process"}, check]})
    assert list(found) == [f"health.checks[1].{path}"]
    assert said in found[f"health.checks[1].{path}"]
    assert SENTINEL not in str(found)


def test_an_app_without_a_name_yet_comes_after_any() -> None:
    assert faults(None, after=["crm"]) == {}
    assert "is the app itself" in faults("crm", after=["crm"])["after[0]"]


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=4), st.lists(st.text(max_size=9)))
def test_no_value_of_the_environment_is_shown_and_no_path_drives_a_terminal(
    env: dict[str, str], files: list[str]
) -> None:
    options = AppOptions(env={name: SENTINEL + value for name, value in env.items()}, env_files=tuple(files))
    for problem in problems_of_options(options, "crm"):
        assert SENTINEL not in problem.message + problem.hint
        assert not any(ord(char) < 32 or ord(char) == 127 for char in problem.path)
