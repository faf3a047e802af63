"""Fixtures that every test may use, and how hard property tests try."""

import gc
import os
import signal

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no failure, and nothing is written to disk.
_COMMON = settings(
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("quick", _COMMON, max_examples=10)
settings.register_profile("thorough", _COMMON, max_examples=400)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

# Whoever started the tests in the background had them ignore Ctrl-C, and their children with them.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Have the garbage collector look no more at what was imported and collected: it stays until the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def anyio_backend() -> str:
    """Run async tests on asyncio, the loop that the daemon runs on."""
    return "asyncio"
