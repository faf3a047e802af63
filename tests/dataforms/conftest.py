"""Databases for the tests of the data layer: each such test runs on SQLite and on a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import Server, server

QUICKLY = ("test_expressions.py", "test_importing.py", "test_meter_of_a_served_app.py", "test_roles.py")
"""The files whose longer tests are run whenever anything is; the others' take minutes together."""
BOTH = ("sqlite", pytest.param("postgresql", marks=pytest.mark.e2e))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what all types on both databases take to the tests that may take long."""
    here = Path(__file__).parent
    for item in items:
        is_here = item.path.is_relative_to(here) and item.path.name not in QUICKLY
        if is_here and item.get_closest_marker("e2e") is not None:
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    with server() as running:
        yield running


@pytest.fixture
def postgresql_url(postgresql: Server) -> Iterator[str]:
    with postgresql.schema() as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/data/app.db"


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database."""
    return str(request.getfixturevalue(f"{request.param}_url"))
