"""A home whose zygote and children end with the test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from zygote_harness import House


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    yield house
    await house.leave()
