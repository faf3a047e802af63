"""What the app promises: it keeps every rule, relation and role of `tests/appspec.json`.

That is what the app was made from. Copy `appspec.json` over it when a rule is meant to change.
Run with `.venv/bin/python -m pytest`; add tests of your own beside this.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataforms.check import problems_in
from dataforms.proving.cases import Case, cases
from dataforms.proving.world import World, world
from dataforms.spec import decode

HERE = Path(__file__).resolve().parent
PROMISED = decode((HERE / "appspec.json").read_bytes())
APP = HERE.parent / "appspec.json"


@pytest.fixture(scope="module")
def tried() -> Iterator[World]:
    """Return a database with a few records, which is gone afterwards."""
    with world(PROMISED, decode(APP.read_bytes())) as made:
        yield made


def test_the_app_is_described_without_a_fault() -> None:
    spec, problems = problems_in(APP.read_bytes())
    assert spec is not None
    assert problems == ()


@pytest.mark.parametrize("case", cases(PROMISED), ids=str)
def test_the_app_keeps_its_promise(tried: World, case: Case) -> None:
    case.check(tried)
