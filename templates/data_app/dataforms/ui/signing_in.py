"""Joins the login to this process's app: its forms, its requests, and how the first account comes about."""

import logging
import os

from starlette.requests import Request

from dataforms.access import Access
from dataforms.accounts.accounts import Accounts
from dataforms.accounts.cookies import Names
from dataforms.accounts.gate import ACCESS, Gate
from dataforms.accounts.requests import Doorkeeper
from dataforms.database import Database
from dataforms.errors import DataError
from dataforms.frontend import AsgiApp
from dataforms.ui.live import live

_log = logging.getLogger("dataforms.login")
_DOORKEEPER = Doorkeeper(lambda: live().accounts)


def gated(app: AsgiApp, names: Names, *, has_login: bool) -> AsgiApp:
    """Return `app` behind the gate."""
    if not has_login:
        return Gate(app, names, _DOORKEEPER.access_of, None, os.environ.get("APP_URL", ""))
    from dataforms.accounts.routes import Routes  # of no use to an app without a login

    return Gate(app, names, _DOORKEEPER.access_of, Routes(_accounts, names).router())


def database_of(request: Request) -> Database:
    """Return the database as whoever sent a request sees it, which the gate let in."""
    return live().acting(access_of(request)).database


def access_of(request: Request) -> Access:
    """Return what whoever sent a request may do, which the gate let in."""
    access: Access = request.scope[ACCESS]
    return access


def announce() -> None:
    """Say in the log how to make the first account, if there is none."""
    try:
        accounts = _accounts()
        if accounts.is_empty():
            code, base = accounts.link("first"), accounts.settings.url or ""
            _log.warning(
                "This app has no account yet. Make the first one, an administrator's, within a day, at "
                "%s/join/first/#%s",
                base or "the app's address followed by ",
                code,
            )
    except DataError as failed:
        _log.warning("%s %s", failed, failed.hint)


def _accounts() -> Accounts:
    accounts = live().accounts
    if accounts is None:
        raise LookupError("this app has no login")
    return accounts
