"""The starters in `examples/`: each is a spec without a fault, and sample data fit into it."""

from pathlib import Path

import pytest

from dataforms.check import problems_in
from dataforms.database import Database
from dataforms.sample import fill
from dataforms.spec import decode
from dataforms.ui.icons import ICONS
from testbed import ROOT

STARTERS = sorted((ROOT / "examples").glob("*.json"))


@pytest.fixture(params=STARTERS, ids=lambda path: path.stem)
def starter(request: pytest.FixtureRequest) -> Path:
    assert isinstance(request.param, Path)
    return request.param


def test_a_starter_has_no_faults_and_the_name_of_its_file(starter: Path) -> None:
    spec, faults = problems_in(starter.read_bytes())
    assert faults == ()
    assert spec is not None
    assert spec.name == starter.stem


def test_every_starter_is_told_of() -> None:
    told = (ROOT / "examples" / "README.md").read_text()
    gallery = (ROOT / "docs" / "gallery.md").read_text()
    assert [path.name for path in STARTERS if f"`{path.name}`" not in told] == []
    assert [path.name for path in STARTERS if f"examples/{path.name}" not in gallery] == []


def test_the_icons_of_a_starter_can_be_shown(starter: Path) -> None:
    assert {entity.icon for entity in decode(starter.read_bytes()).entities} <= {None, *ICONS}


def test_starters_look_different() -> None:
    accents = [decode(path.read_bytes()).theme.accent for path in STARTERS]
    assert len(set(accents)) == len(accents)


@pytest.mark.e2e
def test_sample_data_fill_every_table(starter: Path) -> None:
    spec = decode(starter.read_bytes())
    database = Database(spec, "sqlite://")
    database.create()
    made = fill(database)
    database.close()
    assert sorted(made) == sorted(entity.name for entity in spec.entities)
    assert min(made.values()) >= 3
