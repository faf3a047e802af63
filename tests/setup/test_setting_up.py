"""Set-up does what is missing, once, and says what keeps it from it."""

import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections import namedtuple
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent.parent
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return tools/setup.py, at work in an empty checkout."""
    spec = importlib.util.spec_from_file_location("setup_of_a_checkout", ROOT / "tools" / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("ROOT", "VENV", "PYTHON", "STAMP", "CACHE", "BUNDLE_STAMP", "RUNTIME_LOCK", "DEV_LOCK"):
        path: Path = getattr(module, name)
        monkeypatch.setattr(module, name, tmp_path / path.relative_to(ROOT))
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        (tmp_path / name).write_text(f"# {name}\n")
    return module


@pytest.fixture
def done(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what set-up does, instead of doing it."""
    steps: list[str] = []

    def make_venv() -> None:
        steps.append("venv")
        setup.PYTHON.parent.mkdir(parents=True, exist_ok=True)
        setup.PYTHON.touch()

    monkeypatch.setattr(setup, "make_venv", make_venv)
    monkeypatch.setattr(setup, "install", lambda lock: steps.append(lock.name))
    monkeypatch.setattr(setup, "install_project", lambda: steps.append("project"))
    return steps


def test_the_first_set_up_does_everything_and_the_second_nothing(setup: ModuleType, done: list[str]) -> None:
    setup.set_up_libraries(dev=False)
    assert done == ["venv", "requirements.lock", "project"]
    setup.set_up_libraries(dev=False)
    assert len(done) == 3


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_installs_into_the_same_venv(setup: ModuleType, done: list[str], name: str) -> None:
    setup.set_up_libraries(dev=False)
    (setup.ROOT / name).write_text("changed\n")
    setup.set_up_libraries(dev=False)
    assert done[3:] == ["requirements.lock", "project"]


def test_tests_add_their_tools_and_running_keeps_them(setup: ModuleType, done: list[str]) -> None:
    setup.set_up_libraries(dev=False)
    setup.set_up_libraries(dev=True)
    assert done[3:] == ["requirements-dev.lock", "project"]
    setup.set_up_libraries(dev=False)
    assert len(done) == 5
    (setup.ROOT / "requirements.lock").write_text("changed\n")
    setup.set_up_libraries(dev=False)
    assert done[5:] == ["requirements-dev.lock", "project"]


def test_another_python_makes_the_venv_anew(
    setup: ModuleType, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.set_up_libraries(dev=False)
    monkeypatch.setattr(setup, "python_version", lambda: "cpython 3.99.0")
    setup.set_up_libraries(dev=False)
    assert done[3:] == ["venv", "requirements.lock", "project"]


@pytest.mark.parametrize("failing", ["install", "install_project"])
def test_what_was_cut_short_is_begun_again(
    setup: ModuleType, done: list[str], monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(setup, failing, cut)
        with pytest.raises(KeyboardInterrupt):
            setup.set_up_libraries(dev=False)
    done.clear()
    setup.set_up_libraries(dev=False)
    assert done == ["venv", "requirements.lock", "project"]


@pytest.mark.parametrize("stamp", ["", "{", "[]", "\0"])
def test_a_broken_stamp_counts_as_none(setup: ModuleType, done: list[str], stamp: str) -> None:
    setup.VENV.mkdir()
    setup.STAMP.write_text(stamp)
    setup.set_up_libraries(dev=False)
    assert done[0] == "venv"


def test_too_little_space_is_said_before_anything_is_made(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(10**10, 9 * 10**9, 10**9))
    with pytest.raises(setup.SetUpError, match=r"1\.0 GB are free.*up to 1\.5") as refused:
        setup.make_venv()
    assert "free some space" in refused.value.help_text
    assert not setup.VENV.exists()


def test_a_python_without_venv_is_said_with_the_package_to_install(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(setup.SetUpError, match="virtual environments") as refused:
        setup.make_venv()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert f"apt install python{version}-venv" in refused.value.help_text


def test_two_set_ups_take_turns_and_the_second_says_so(
    setup: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = setup.ROOT / "state" / "lock"
    entered = threading.Event()

    def second() -> None:
        with setup.only_one(lock):
            entered.set()

    with setup.only_one(lock):
        waiter = threading.Thread(target=second)
        waiter.start()
        assert not entered.wait(0.05)
    assert entered.wait(10)
    waiter.join()
    assert "another set-up of this checkout is at work" in capsys.readouterr().err


def test_the_entry_of_one_package_is_taken_from_a_lock(setup: ModuleType) -> None:
    entry = "uv==2 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
    lock = f"uvicorn==1 \\\n    --hash=sha256:aa\n{entry}x==3 \\\n    --hash=sha256:dd\n"
    assert setup.lines_of("uv", lock) == entry
    with pytest.raises(setup.SetUpError):
        setup.lines_of("y", lock)


def test_the_real_lock_has_an_entry_for_uv(setup: ModuleType) -> None:
    assert setup.lines_of("uv", (ROOT / "requirements.lock").read_text()).startswith("uv==")


def test_uv_is_told_what_pip_is_configured_to_use(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    said = (
        "global.index-url='https://mirror.example/simple'\nglobal.extra-index-url='file:///a file:///b'\n"
        ":env:.find-links='/wheels'\nglobal.cert='/ca.pem'\nglobal.timeout='60'\n"
    )
    monkeypatch.setattr(
        subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, stdout=said, stderr="")
    )
    for name in list(os.environ):
        if name.startswith(("UV_", "SSL_CERT")):
            monkeypatch.delenv(name)
    assert setup.uv_settings() == {
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "file:///a file:///b",
        "UV_FIND_LINKS": "/wheels",
        "SSL_CERT_FILE": "/ca.pem",
    }
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://mine.example")
    assert "UV_DEFAULT_INDEX" not in setup.uv_settings()


def test_where_uv_fails_pip_installs(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], *_: object, **__: object) -> bool:
        commands.append(command)
        return "uv" not in command

    setup.VENV.mkdir()
    setup.RUNTIME_LOCK.write_text("uv==1 \\\n    --hash=sha256:aa\n")
    monkeypatch.setattr(setup, "run", run)
    monkeypatch.setattr(setup, "uv_settings", dict)
    setup.install(setup.RUNTIME_LOCK)
    assert commands[-1][1:4] == ["-m", "pip", "install"]
    assert {"--require-hashes", str(setup.RUNTIME_LOCK)} <= set(commands[-1])


def test_a_stamp_is_whole_or_not_there(setup: ModuleType) -> None:
    setup.write_json(setup.STAMP, {"python": "x"})
    assert json.loads(setup.STAMP.read_text()) == {"python": "x"}
    assert [path.name for path in setup.STAMP.parent.iterdir()] == [setup.STAMP.name]
