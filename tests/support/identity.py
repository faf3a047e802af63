"""An OpenID Connect provider of the test's own, on a port of loopback, and apps that sign in with it."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx

from testbed import wait_for


class IdentityProvider:
    """Where people are known to."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer

    def know(self, subject: str, **claims: object) -> None:
        """Have it say that of a person."""
        httpx.put(f"{self.issuer}/users/{quote(subject)}", json=claims).raise_for_status()

    def variables(self) -> dict[str, str]:
        """Return the environment of an app that signs in with it."""
        return {"OIDC_ISSUER": self.issuer, "OIDC_CLIENT_ID": "shop", "OIDC_CLIENT_SECRET": "a % secret"}

    def answers(self) -> bool:
        """Tell whether it is up."""
        try:
            return httpx.get(f"{self.issuer}/.well-known/openid-configuration").is_success
        except httpx.TransportError:
            return False


@contextmanager
def identity_provider(log: Path) -> Iterator[IdentityProvider]:
    """Run a provider that requires nonces; `log` gets what it says."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen([*command, "--require-nonce", "true"], stdout=output, stderr=output)
    provider = IdentityProvider(f"http://127.0.0.1:{port}")
    try:
        wait_for(provider.answers)
        yield provider
    finally:
        process.terminate()
        process.wait(30)
