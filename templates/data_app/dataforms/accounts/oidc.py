"""Signing in with an OpenID Connect provider: code flow with PKCE, state and nonce.

Authlib makes the requests' parameters and checks claims, joserfc signatures; both are imported on first use.
"""

import time
from typing import TYPE_CHECKING, Any

import msgspec

from dataforms.accounts.account import Identity, SignInRefused
from dataforms.accounts.keys import new_key
from dataforms.accounts.settings import ProviderSettings

if TYPE_CHECKING:
    import httpx

SCOPE = "openid email profile"
FLOW_S = 600
"""How long a person may take at the provider."""
TIMEOUT_S = 10
KNOWN_S = 3_600
"""How long what a provider says about itself is believed."""
LEEWAY_S = 60
"""How far the provider's clock may be off."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key pair alone: one with the client's secret would prove nothing to others."""


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept while a person is at the provider."""

    provider: str
    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    next: str


class ProviderFailed(SignInRefused):
    """The provider did not answer, or not as it has to."""


class Client:
    """Talks to one provider."""

    def __init__(self, settings: ProviderSettings) -> None:
        self._settings = settings
        self._metadata: dict[str, Any] = {}
        self._known_until = 0.0

    async def begin(self, redirect_uri: str, next: str) -> tuple[str, Flow]:
        """Return the address to send the browser to, and what to keep. Raise ProviderFailed."""
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        async with self._http() as http:
            metadata = await self._describe(http)
        flow = Flow(
            provider=self._settings.provider.name, state=new_key(), nonce=new_key(), verifier=new_key(),
            redirect_uri=redirect_uri, next=next,
        )  # fmt: skip
        address = prepare_grant_uri(
            metadata["authorization_endpoint"],
            client_id=self._settings.client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=SCOPE,
            state=flow.state,
            nonce=flow.nonce,
            code_challenge=create_s256_code_challenge(flow.verifier),  # type: ignore[no-untyped-call]
            code_challenge_method="S256",
        )
        return str(address), flow

    async def finish(self, flow: Flow, answer: str) -> Identity:
        """Return whom the provider names; `answer` is the address that it sent the browser to.

        Raises:
            SignInRefused: the answer is not one to what was asked, or says no.
            ProviderFailed: the provider did not answer, or not as it has to.
        """
        from authlib.common.errors import AuthlibBaseError
        from authlib.oauth2.rfc6749.parameters import parse_authorization_code_response

        try:
            code = parse_authorization_code_response(answer, state=flow.state)["code"]
        except AuthlibBaseError as error:
            raise SignInRefused("The provider did not let you in.", hint=str(error)) from error
        async with self._http() as http:
            metadata = await self._describe(http)
            token = await self._exchange(http, metadata, code, flow)
            claims = await self._claims(http, metadata, token, flow)
            if "email" not in claims and metadata.get("userinfo_endpoint") and token.get("access_token"):
                told = await self._told(http, metadata, str(token["access_token"]))
                if told.get("sub") != claims["sub"]:
                    raise ProviderFailed("The provider speaks of two different people.")
                claims = {**told, **claims}
        return self._identity(claims)

    def _identity(self, claims: dict[str, Any]) -> Identity:
        provider = self._settings.provider
        roles: tuple[str, ...] | None = None
        if provider.roles_claim is not None:
            said = claims.get(provider.roles_claim, ())
            values = [said] if isinstance(said, str) else list(said) if isinstance(said, list) else []
            named = [
                provider.roles[value]
                for value in values
                if isinstance(value, str) and value in provider.roles
            ]
            roles = tuple(dict.fromkeys(named))
        return Identity(
            issuer=self._settings.issuer,
            subject=str(claims["sub"]),
            email=str(claims.get("email") or ""),
            email_verified=claims.get("email_verified") is True,
            name=str(claims.get("name") or ""),
            roles=roles,
        )

    async def _describe(self, http: "httpx.AsyncClient") -> dict[str, Any]:
        """Return what the provider says about itself. Raise ProviderFailed."""
        from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url

        if time.monotonic() < self._known_until:
            return self._metadata
        found = await self._get(http, get_well_known_url(self._settings.issuer, external=True))
        if found.get("issuer") != self._settings.issuer:
            raise ProviderFailed(
                f"The provider calls itself {str(found.get('issuer'))[:200]!r}.",
                hint="Correct the variable that names the issuer.",
            )
        metadata = OpenIDProviderMetadata(found)
        try:
            metadata.validate_authorization_endpoint()
            metadata.validate_token_endpoint()
            metadata.validate_jwks_uri()  # type: ignore[no-untyped-call]
        except ValueError as error:
            if not self._settings.issuer.startswith("http://"):  # one on this machine needs no TLS
                raise ProviderFailed("The provider's description is not valid.", hint=str(error)) from error
        self._metadata, self._known_until = found, time.monotonic() + KNOWN_S
        return found

    async def _exchange(
        self, http: "httpx.AsyncClient", metadata: dict[str, Any], code: str, flow: Flow
    ) -> dict[str, Any]:
        """Return the tokens that a code is worth. Raise ProviderFailed."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": flow.redirect_uri,
            "client_id": self._settings.client_id,
            "code_verifier": flow.verifier,
        }
        secret = self._settings.client_secret
        methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if secret and "client_secret_basic" not in methods:
            form["client_secret"], secret = secret, None
        auth = _basic(self._settings.client_id, secret) if secret else None
        return await self._ask(http, "POST", metadata["token_endpoint"], data=form, auth=auth)

    async def _claims(
        self, http: "httpx.AsyncClient", metadata: dict[str, Any], token: dict[str, Any], flow: Flow
    ) -> dict[str, Any]:
        """Return what the signed token says. Raise ProviderFailed."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        keys = await self._get(http, metadata["jwks_uri"])
        wanted = {
            "iss": {"essential": True, "value": self._settings.issuer},
            "aud": {"essential": True, "value": self._settings.client_id},
            "nonce": {"essential": True, "value": flow.nonce},
        }
        try:
            known = KeySet.import_key_set({"keys": list(keys["keys"])})
            signed = jwt.decode(str(token.get("id_token", "")), known, algorithms=ALGORITHMS)
            said = {"client_id": self._settings.client_id, "nonce": flow.nonce}
            given = {**said, "access_token": token.get("access_token")}
            claims = CodeIDToken(signed.claims, signed.header, wanted, given)
            claims.validate(leeway=LEEWAY_S)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderFailed("The provider's word is not valid.", hint=str(error)[:200]) from error
        return dict(claims)

    async def _told(self, http: "httpx.AsyncClient", metadata: dict[str, Any], token: str) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {token}"}
        return await self._ask(http, "GET", metadata["userinfo_endpoint"], headers=headers)

    async def _get(self, http: "httpx.AsyncClient", address: str) -> dict[str, Any]:
        return await self._ask(http, "GET", address)

    async def _ask(self, http: "httpx.AsyncClient", method: str, address: str, **more: Any) -> dict[str, Any]:
        import httpx

        try:
            answer = await http.request(method, address, **more)
            answer.raise_for_status()
            found = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise ProviderFailed("The provider does not answer as it should.", hint=_short(error)) from error
        if not isinstance(found, dict):
            raise ProviderFailed("The provider does not answer as it should.")
        return found

    def _http(self) -> "httpx.AsyncClient":
        import httpx  # 5 MiB that only those need who sign in like this

        return httpx.AsyncClient(timeout=TIMEOUT_S, headers={"accept": "application/json"})


def _basic(client_id: str, secret: str) -> tuple[str, str]:
    """Return the name and password of RFC 6749, section 2.3.1."""
    from urllib.parse import quote_plus

    return quote_plus(client_id), quote_plus(secret)


def _short(error: Exception) -> str:
    """Return what went wrong, without the address: it may hold what only the provider should know."""
    return str(error).split(" for url")[0][:200] or type(error).__name__
