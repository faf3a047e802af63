"""What the tests of models share: nobody waits a second before a server is asked again."""

import pytest

from protoddfd.design.model import endpoint


@pytest.fixture(autouse=True)
def asked_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the wait before a request is made again; a server's own `retry-after` counts as it is."""
    monkeypatch.setattr(endpoint, "AGAIN_S", 0.02)
