"""How people sign in to an app: by its spec and its environment. Imports neither SQLAlchemy nor Reflex."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from dataforms.access import Access, visiting
from dataforms.errors import DataError
from dataforms.spec import AppSpec
from dataforms.spec_login import Login, Provider

SINGLE_SIGN_ON = Provider(name="oidc", title="Single sign-on")
"""The provider that the environment alone can name."""


class SettingsInvalid(DataError):
    """A variable of the environment says what cannot be followed."""


class ProviderSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A provider that can be used."""

    provider: Provider
    issuer: str
    client_id: str
    client_secret: str | None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How people sign in. `url` is the app's public address, without a slash at the end, if it is known."""

    required: bool = False
    sign_up: Literal["none", "open", "invited"] = "invited"
    providers: tuple[ProviderSettings, ...] = ()
    default_roles: tuple[str, ...] = ()
    visitors: Access | None = None
    """What those may do who have no account; None where they get no further than the login."""
    url: str | None = None

    def provider(self, name: str) -> ProviderSettings | None:
        """Return the provider of that name; None without one."""
        return next((each for each in self.providers if each.provider.name == name), None)


def settings_of(spec: AppSpec, environment: Mapping[str, str]) -> Settings:
    """Return how people sign in to the app of `spec`; raise SettingsInvalid."""
    asked = environment.get("APP_LOGIN", "")
    if asked not in ("", "required"):
        raise SettingsInvalid(f"APP_LOGIN is {asked!r}.", hint="Set it to required, or not at all.")
    login = spec.login or Login()
    named = login.providers or (SINGLE_SIGN_ON,)
    return Settings(
        required=login.required or asked == "required",
        sign_up=login.sign_up,
        providers=tuple(each for each in (_provider(one, environment) for one in named) if each is not None),
        default_roles=tuple(role.name for role in spec.roles if role.default),
        visitors=visiting(spec),
        url=environment.get("APP_URL", "").rstrip("/") or None,
    )


def _provider(provider: Provider, environment: Mapping[str, str]) -> ProviderSettings | None:
    prefix = provider.name.upper()
    issuer, client_id = (environment.get(f"{prefix}_{each}", "") for each in ("ISSUER", "CLIENT_ID"))
    if not issuer and not client_id:
        return None
    if not (issuer and client_id):
        raise SettingsInvalid(
            f"Of {prefix}_ISSUER and {prefix}_CLIENT_ID only one is set.", hint="Set both, or none."
        )
    if not issuer.startswith(("https://", "http://127.0.0.1", "http://localhost", "http://[::1]")):
        raise SettingsInvalid(f"{prefix}_ISSUER has to start with https://.")
    secret = environment.get(f"{prefix}_CLIENT_SECRET")
    return ProviderSettings(provider=provider, issuer=issuer, client_id=client_id, client_secret=secret)
