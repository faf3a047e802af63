"""The accounts of one app: the transactions for those who are signed in, for programs and administrators."""

from dataforms.access import Access
from dataforms.accounts import attempts, passwords, people, sessions
from dataforms.accounts.account import Account, AccountInvalid, SignInNeeded, Token, clean_email
from dataforms.accounts.entrance import NAME_LENGTH, TAKEN, Entrance
from dataforms.words import say


class Accounts(Entrance):
    """All that can be asked of accounts."""

    def session(self, digest: str) -> Account | None:
        """Return whose session that is, at this moment; None if it is nobody's."""
        if not digest:
            return None
        now = self._now()
        with self._connections.reading() as connection:
            found = sessions.session(connection, digest, now)
        if found is None:
            return None
        account, is_news = found
        if is_news:
            with self._connections.writing() as connection:
                sessions.touch(connection, digest, now)
        return account

    def token(self, key: str) -> Access:
        """Return what the bearer of a token may do; raise SignInNeeded."""
        now = self._now()
        with self._connections.reading() as connection:
            found = sessions.token_access(connection, key, now)
        if found is None:
            raise SignInNeeded(
                say("This token is not valid."), hint=say("Make a new one on the account page.")
            )
        access, used = found
        if used is not None:
            with self._connections.writing() as connection:
                sessions.use_token(connection, used, now)
        return access

    def sign_out(self, digest: str) -> None:
        """End one session."""
        with self._connections.writing() as connection:
            sessions.end_session(connection, digest)

    def sign_out_everywhere(self, account: int, *, but: str = "") -> None:
        """End all sessions of an account, but the one of that digest."""
        with self._connections.writing() as connection:
            sessions.end_sessions(connection, account, but=but)

    def change_password(self, account: Account, old: str, new: str, digest: str, address: str) -> None:
        """Set a new password and end the account's other sessions. Raise AccountInvalid, TooManyTries."""
        if problem := passwords.fault(new, account.email):
            raise AccountInvalid(password=problem)
        with self._connections.writing() as connection:
            attempts.count(connection, account.email, address, self._now())
        with self._connections.reading() as connection:
            stored = people.password_of(connection, account.id)
        if stored is not None and not passwords.matches(old, stored):
            raise AccountInvalid(old=say("This is not your password."))
        hashed = passwords.hashed(new)
        with self._connections.writing() as connection:
            attempts.forgive(connection, account.email, address)
            people.change(connection, account.id, password=hashed)
            sessions.end_sessions(connection, account.id, but=digest)
            sessions.end_links_of(connection, account.id)

    def add_token(
        self, account: Account, name: str, roles: tuple[str, ...] | None, lasts_s: int | None
    ) -> str:
        """Return the secret of a new token, which is shown once. Raise AccountInvalid."""
        if not 0 < len(name.strip()) <= NAME_LENGTH:
            raise AccountInvalid(name=say("Say what it is for."))
        expires = None if lasts_s is None else self._now() + lasts_s
        with self._connections.writing() as connection:
            return sessions.add_token(connection, account.id, name.strip(), roles, expires, self._now())

    def tokens(self, account: Account) -> list[Token]:
        """Return the tokens of an account, the newest first."""
        with self._connections.reading() as connection:
            return sessions.tokens(connection, account.id)

    def revoke_token(self, account: Account, id: int) -> None:
        """Revoke a token of the account."""
        with self._connections.writing() as connection:
            sessions.end_token(connection, account.id, id)

    def everybody(self) -> list[Account]:
        """Return every account, by name."""
        with self._connections.reading() as connection:
            return people.all_of_them(connection)

    def add(
        self, email: str, name: str, *, roles: tuple[str, ...] | None = None, is_admin: bool = False
    ) -> Account:
        """Return a new account without a password, of the default roles unless told. Raise AccountInvalid."""
        new = self._new(clean_email(email), name.strip() or clean_email(email), roles, is_admin=is_admin)
        self._check(new, None)
        with self._connections.writing() as connection:
            if people.by_email(connection, new.email) is not None:
                raise AccountInvalid(email=say(TAKEN))
            added = people.by_id(connection, people.add(connection, new, None, self._now()))
        assert added is not None  # noqa: S101 - it was just added
        return added

    def change(self, id: int, *, roles: tuple[str, ...], is_admin: bool, is_active: bool) -> None:
        """Change what another account may do. One that is not active loses its sessions at once.

        Raises:
            AccountInvalid: no administrator would be left.
        """
        with self._connections.writing() as connection:
            people.set_roles(connection, id, roles)
            people.change(connection, id, is_admin=int(is_admin), is_active=int(is_active))
            if not people.administrators(connection):
                raise AccountInvalid(is_admin=say("Somebody has to be an administrator."))
            if not is_active:
                sessions.end_sessions(connection, id)
                sessions.end_links_of(connection, id)
