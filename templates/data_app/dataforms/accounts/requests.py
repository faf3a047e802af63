"""Who sends an HTTP request: by its token, else by its browser's session."""

from collections.abc import Callable

from starlette.requests import Request

from dataforms.access import EVERYTHING, Access
from dataforms.accounts.account import SignInNeeded
from dataforms.accounts.accounts import Accounts
from dataforms.accounts.gate import SESSION_HEADER
from dataforms.accounts.origin import refuse_foreign
from dataforms.words import say

_BEARER = "bearer "


class Doorkeeper:
    """Knows who asks; `accounts_of` gives the app's accounts, None where there is no login."""

    def __init__(self, accounts_of: Callable[[], Accounts | None]) -> None:
        self._accounts_of = accounts_of

    def access_of(self, request: Request) -> Access:
        """Return what whoever sent a request may do. It has to have come through `Gate`.

        Raises:
            SignInNeeded: there is no token and no session, or they are no longer valid, and visitors may do
                nothing here; or there is a token that is not valid. Answer 401.
            ForeignOrigin: it has a session, and another site's page sent it. Answer 403.
        """
        accounts = self._accounts_of()
        authorization = request.headers.get("authorization", "")
        if accounts is None:
            return EVERYTHING
        if authorization:
            if not authorization.lower().startswith(_BEARER):
                raise SignInNeeded(
                    say("Only tokens are understood."), hint=say("Send Authorization: Bearer TOKEN.")
                )
            return accounts.token(authorization[len(_BEARER) :].strip())
        account = accounts.session(request.headers.get(SESSION_HEADER, ""))
        if account is None and accounts.settings.visitors is not None:
            return accounts.settings.visitors
        if account is None:
            raise SignInNeeded(
                say("Nobody is signed in."), hint=say("Send Authorization: Bearer TOKEN, or sign in.")
            )
        refuse_foreign(request.method, request.headers)
        return account.access
