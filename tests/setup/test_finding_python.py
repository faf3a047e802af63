"""Which Python set-up takes: the one that was asked for, else the newest that runs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SHELL = shutil.which("dash") or "/bin/sh"
SHIM = '#!/bin/sh\necho "shim: $0: no such version" >&2\nexit 127\n'
OLD = "#!/bin/sh\nexit 1\n"
NO_VENV = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\nexit 0\n'
GOOD = "#!/bin/sh\nexit 0\n"


def found(folder: Path, pythons: dict[str, str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Return what find_python says in `folder`, where `pythons` are all that there is on the path."""
    tools = folder / "bin"
    tools.mkdir()
    for name, script in pythons.items():
        (tools / name).write_text(script)
        (tools / name).chmod(0o755)
    return subprocess.run(
        [SHELL, "-euc", f'. "{ROOT}/tools/python.sh"; find_python; echo "$python"'],
        cwd=folder, env={"PATH": str(tools), **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("pythons", "chosen"),
    [
        ({"python3.11": GOOD, "python3.12": GOOD, "python3.13": GOOD}, "python3.13"),
        ({"python3.11": GOOD, "python3.12": SHIM, "python3.13": SHIM}, "python3.11"),
        ({"python3": GOOD, "python3.11": SHIM}, "python3"),
        ({"python3.11": GOOD, "python3.13": NO_VENV}, "python3.11"),
        ({"python3.11": OLD, "python3.13": NO_VENV}, "python3.13"),
    ],
)
def test_the_newest_that_runs_is_taken(tmp_path: Path, pythons: dict[str, str], chosen: str) -> None:
    assert found(tmp_path, pythons).stdout.strip() == chosen


def test_the_one_asked_for_is_taken(tmp_path: Path) -> None:
    assert found(tmp_path, {"python3.13": GOOD, "mine": GOOD}, PYTHON="mine").stdout.strip() == "mine"


@pytest.mark.parametrize("script", [SHIM, OLD])
def test_one_asked_for_that_does_not_do_is_refused(tmp_path: Path, script: str) -> None:
    done = found(tmp_path, {"python3.13": GOOD, "mine": script}, PYTHON="mine")
    assert done.returncode == 1
    assert "PYTHON=mine does not run" in done.stderr
    assert "apt install" in done.stderr


@pytest.mark.parametrize("pythons", [{}, {"python3": OLD}, {"python3.13": SHIM, "python3": SHIM}])
def test_without_a_python_it_says_what_to_do(tmp_path: Path, pythons: dict[str, str]) -> None:
    done = found(tmp_path, pythons)
    assert done.returncode == 1
    assert "Python 3.11 or newer" in done.stderr
    assert "apt install python3 python3-venv" in done.stderr
    assert "PYTHON=" in done.stderr


def test_what_a_finished_set_up_uses_stays(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "set-up.json").touch()
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    assert found(tmp_path, {"python3.13": GOOD}).stdout.strip() == ".venv/bin/python"


def test_a_python_that_was_removed_from_below_a_set_up_is_replaced(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "set-up.json").touch()
    (tmp_path / ".venv" / "bin" / "python").symlink_to(tmp_path / "gone")
    assert found(tmp_path, {"python3.13": GOOD}).stdout.strip() == "python3.13"


@pytest.mark.parametrize("script", ["run.sh", "test.sh"])
def test_the_scripts_explain_themselves_and_refuse_what_they_do_not_know(script: str) -> None:
    explained = subprocess.run([ROOT / script, "--help"], capture_output=True, text=True, check=True)
    assert explained.stdout.startswith(f"usage: ./{script}")
    refused = subprocess.run([ROOT / script, "--hlep"], capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "--hlep" in refused.stderr


SCRIPTS = [
    *("run.sh", "test.sh", "tools/python.sh", "tools/demo.sh"),
    "templates/data_app/{{cookiecutter.name}}/run.sh",
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_scripts_are_plain_posix_shell(script: str) -> None:
    if os.path.basename(SHELL) != "dash":  # noqa: PTH119 - a name is all that is asked
        pytest.skip("only dash refuses what is not POSIX")
    subprocess.run([SHELL, "-n", ROOT / script], check=True)
    text = (ROOT / script).read_text()
    assert not [word for word in ("[[", "function ", "<<<", "source ", "${!", "&>") if word in text]
