"""Databases for the tests of the data layer: each such test runs on SQLite and on a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import Server, server

BOTH = ("sqlite", pytest.param("postgresql", marks=pytest.mark.e2e))


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with server(tmp_path_factory.mktemp("postgresql")) as running:
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
