"""The template is cookiecutter's too: its own program makes the same app from it."""

import subprocess
import sys
from pathlib import Path

import pytest
from cookiecutter.main import cookiecutter  # type: ignore[import-untyped]  # it ships no types

from dataforms.check import problems_in
from protoddfd.generate.render import generate

TEMPLATE = Path(__file__).parent.parent.parent / "templates" / "data_app"


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_cookiecutter_makes_the_same_app(tmp_path: Path) -> None:
    made = cookiecutter(
        str(TEMPLATE),
        no_input=True,
        extra_context={"name": "shop"},
        output_dir=str(tmp_path),
        accept_hooks=False,
        default_config=True,
    )
    theirs = tree(Path(made))
    generate(TEMPLATE, tmp_path / "ours", "shop", theirs["appspec.json"])
    assert theirs == tree(tmp_path / "ours")
    _, problems = problems_in(theirs["appspec.json"])
    assert problems == ()


def test_cookiecutter_makes_the_same_blank_app(tmp_path: Path) -> None:
    blank = TEMPLATE.parent / "blank"
    made = cookiecutter(
        str(blank),
        no_input=True,
        extra_context={"name": "shop"},
        output_dir=str(tmp_path),
        accept_hooks=False,
        default_config=True,
    )
    generate(blank, tmp_path / "ours", "shop", None)
    assert tree(Path(made)) == tree(tmp_path / "ours")
    assert not (tmp_path / "ours" / "appspec.json").exists()


@pytest.mark.e2e
def test_an_app_that_cookiecutter_made_passes_its_own_tests(tmp_path: Path) -> None:
    made = cookiecutter(
        str(TEMPLATE), no_input=True, output_dir=str(tmp_path), accept_hooks=False, default_config=True
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly"],
        cwd=made, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
