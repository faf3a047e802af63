"""Who gets into an app: the parts of an AppSpec that say it. Owns the structs alone."""

from typing import Literal

from dataforms.spec_struct import SpecStruct


class Provider(SpecStruct, frozen=True, kw_only=True):
    """An OpenID Connect provider that people may sign in with."""

    name: str
    """Lower case; `<NAME>_ISSUER`, `<NAME>_CLIENT_ID` and `<NAME>_CLIENT_SECRET` are its variables."""
    title: str
    """What the button says that leads there."""
    roles_claim: str | None = None
    """The claim that names a person's groups; without it roles are given in the app alone."""
    roles: dict[str, str] = {}  # noqa: RUF012 - msgspec copies it
    """The role that each value of the claim stands for."""


class Login(SpecStruct, frozen=True, kw_only=True):
    """How people sign in to the app."""

    required: bool = False
    """Is there a login? The environment variable `APP_LOGIN=required` asks for one, too."""
    sign_up: Literal["none", "open", "invited"] = "invited"
    """Who gets an account: whom an administrator invites, everybody, or none but from the command line."""
    providers: tuple[Provider, ...] = ()
    """Who else says who somebody is; without any, accounts have passwords of the app's own."""
