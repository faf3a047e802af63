"""The locks say every version with hashes and no address, and generated apps get the same versions."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent.parent
APP = ROOT / "templates" / "data_app" / "{{cookiecutter.name}}"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def entries(lock: Path) -> dict[str, str]:
    """Return each package's whole entry in a lock."""
    text = re.sub(r"^#.*\n", "", lock.read_text(), flags=re.MULTILINE)
    return {entry.split("==")[0]: entry for entry in re.split(r"\n(?=\S)", text.strip())}


def versions(lock: Path) -> dict[str, str]:
    return {name: entry.split("==")[1].split()[0] for name, entry in entries(lock).items()}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_package_has_hashes_and_no_address(name: str) -> None:
    assert "://" not in (ROOT / name).read_text()
    for package, entry in entries(ROOT / name).items():
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), package


def test_the_lock_fits_what_pyproject_asks_for() -> None:
    runtime = versions(ROOT / "requirements.lock")
    dev = versions(ROOT / "requirements-dev.lock")
    for text in PROJECT["dependencies"]:
        asked = Requirement(text)
        assert asked.specifier.contains(runtime[asked.name]), text
    for text in PROJECT["optional-dependencies"]["dev"]:
        asked = Requirement(text)
        assert asked.specifier.contains(dev[asked.name]), text


def test_the_two_locks_agree() -> None:
    runtime = versions(ROOT / "requirements.lock")
    dev = versions(ROOT / "requirements-dev.lock")
    assert runtime.items() <= dev.items()


def test_set_up_finds_its_own_tools_in_the_lock() -> None:
    runtime = versions(ROOT / "requirements.lock")
    assert {"setuptools", "uv"} <= runtime.keys()
    assert "pip" not in runtime


def test_apps_get_the_versions_that_the_daemon_has() -> None:
    runtime = versions(ROOT / "requirements.lock")
    for name in ("requirements.txt", "constraints.txt"):
        pins = re.findall(r"^([a-z0-9-]+)==(\S+)$", (APP / name).read_text(), flags=re.MULTILINE)
        assert pins
        for package, version in pins:
            assert runtime[package] == version, package


def test_the_template_has_no_address_of_a_registry() -> None:
    for name in ("requirements.txt", "constraints.txt", "bunfig.toml", ".npmrc"):
        assert "://" not in (APP / name).read_text()
