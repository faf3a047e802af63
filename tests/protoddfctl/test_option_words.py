"""Options as words: what is written is read again, and what is not understood is told with what was meant."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protoddfctl.option_words import WordFault, changes, differing, keys, words_of
from protoddfd.wire.options import AppOptions, Check, Health, Limits


def changed(*words: str, resets: tuple[str, ...] = (), **current: Any) -> dict[str, Any]:
    return changes(words, resets, msgspec.convert(current, AppOptions))


def test_each_kind_of_option_has_its_words() -> None:
    assert changed(
        "on_demand=yes", "autostart=OFF", "idle_stop_s=600", "restart=on-failure", "after=db,redis",
        "stop_grace_s=default", "start_timeout_s=1.5", "env_files=/a.env", "stop_signal=INT",
    ) == {
        "on_demand": True, "autostart": False, "idle_stop_s": 600.0, "restart": "on-failure",
        "after": ["db", "redis"], "stop_grace_s": None, "start_timeout_s": 1.5, "env_files": ["/a.env"],
        "stop_signal": "INT",
    }  # fmt: skip


def test_a_part_leaves_the_other_parts_as_they_are() -> None:
    found = changed(
        "env.DEBUG=1", "env.QUERY=a=b,c", "limits.memory_mib=512", "secrets.KEY=/run/key",
        env={"OTHER": "x"}, limits={"processes": 9, "memory_mib": 1},
    )  # fmt: skip
    assert found == {
        "env": {"OTHER": "x", "DEBUG": "1", "QUERY": "a=b,c"},
        "limits": {"memory_mib": 512, "cpu_percent": None, "processes": 9, "open_files": None},
        "secrets": {"KEY": "/run/key"},
    }


def test_json_says_what_words_cannot() -> None:
    found = changed('health.checks=[{"kind":"http","path":"/up"}]', 'env={"A":"1"}', 'after=["a,b"]')
    assert found["health"]["checks"] == [{"kind": "http", "path": "/up"}]
    assert found["env"] == {"A": "1"}
    assert found["after"] == ["a,b"]


def test_nothing_is_taken_away_by_nothing() -> None:
    assert changed("after=", after=["db"]) == {"after": []}
    assert changed("env.EMPTY=") == {"env": {"EMPTY": ""}}
    assert changed("limits.memory_mib=none", limits={"memory_mib": 5})["limits"]["memory_mib"] is None
    assert changed("health.checks=[]")["health"]["checks"] == []


def test_what_is_reset_is_as_it_was_at_first() -> None:
    found = changed(
        "limits.processes=7", "health.failures=9",
        resets=("restart", "env.DEBUG", "env.NEVER", "limits", "health.grace_s"),
        restart="never", env={"DEBUG": "1", "KEPT": "2"}, limits={"memory_mib": 5}, health={"grace_s": 1},
    )  # fmt: skip
    assert found["restart"] == "always"
    assert found["env"] == {"KEPT": "2"}
    assert found["limits"] == {"memory_mib": None, "cpu_percent": None, "processes": 7, "open_files": None}
    assert (found["health"]["grace_s"], found["health"]["failures"]) == (10.0, 9)
    assert changed(resets=("limits",))["limits"]["processes"] is None


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("restrat=always", "there is no option 'restrat'; did you mean restart?"),
        ("limits.memory=5", "there is no option 'limits.memory'; did you mean limits.memory_mib?"),
        ("memory_mib=5", "did you mean limits.memory_mib?"),
        ("env.=5", "there is no option 'env.'"),
        ("restart.x=5", "there is no option 'restart.x'"),
        ("=", "there is no option ''"),
        ("on_demand", "'on_demand' is not KEY=VALUE; did you mean on_demand?"),
        ("on_demand=maybe", "on_demand: 'maybe' is neither yes nor no"),
        ("idle_stop_s=long", "idle_stop_s: 'long' is not a number"),
        ("idle_stop_s=-1", "idle_stop_s: Expected `float` >= 0"),
        ("idle_stop_s=nan", "idle_stop_s: Expected"),
        ("start_timeout_s=inf", "start_timeout_s: Expected"),
        ("limits.memory_mib=1.5", "limits.memory_mib: '1.5' is not a number"),
        ("limits.open_files=1", "limits.open_files: Expected `int` >= 16"),
        ("restart=on-failre", "restart: 'on-failre' cannot be chosen; did you mean on-failure?"),
        ("restart=xyz", "choose of always, never, on-failure"),
        ("health.checks=x", "health.checks: not JSON"),
        ('health.checks=[{"kind":"htp"}]', "health.checks[0].kind: Invalid enum value"),
        ("after=[1]", "after[0]: Expected `str`"),
        ("limits=5", "limits: Expected `object`"),
        ("limits.memory_mib=" + "9" * 5000, "limits.memory_mib: "),
    ],
)
def test_a_word_that_is_not_understood_is_told(word: str, said: str) -> None:
    with pytest.raises(WordFault) as caught:
        changed(word)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 200


CHECKS = st.none() | st.lists(
    st.builds(Check, kind=st.sampled_from(["process", "http"]), path=st.text(max_size=5)), max_size=2
).map(tuple)
SECONDS = st.floats(0, 86_400, allow_nan=False)
OPTIONS = st.builds(
    AppOptions,
    autostart=st.booleans(),
    idle_stop_s=SECONDS,
    restart=st.sampled_from(["always", "on-failure", "never"]),
    stop_grace_s=st.none() | SECONDS,
    after=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    env=st.dictionaries(
        st.text(min_size=1, max_size=5).filter(lambda name: "=" not in name), st.text(max_size=5)
    ),
    health=st.builds(Health, checks=CHECKS, grace_s=SECONDS, failures=st.integers(1, 100)),
    limits=st.builds(Limits, memory_mib=st.none() | st.integers(1, 2**40)),
)


@given(OPTIONS, OPTIONS)
def test_what_is_written_is_read_again(wanted: AppOptions, before: AppOptions) -> None:
    words = [f"{key}={text}" for key, text in words_of(wanted).items()]
    found = changes(words, ["env", "secrets"], before)
    assert msgspec.convert(found, AppOptions) == wanted


@given(OPTIONS)
def test_what_differs_is_enough_to_come_from_the_defaults(wanted: AppOptions) -> None:
    words = [f"{key}={text}" for key, text in differing(wanted).items()]
    assert msgspec.convert(changes(words, [], AppOptions()), AppOptions) == wanted


def test_the_defaults_differ_in_nothing() -> None:
    assert differing(AppOptions()) == {}


def test_every_option_has_its_key() -> None:
    assert {key.partition(".")[0] for key in keys()} == set(AppOptions.__struct_fields__)
    assert {"env.", "secrets.", "limits.memory_mib", "health.checks", "restart"} <= set(keys())
