"""Accounts, sessions, tokens and links in real databases, and a clock of the test's own."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from postgres import postgres

from dataforms.access import Access
from dataforms.accounts.account import (
    Account,
    AccountInvalid,
    LinkKind,
    SignInNeeded,
    SignInRefused,
    TooManyTries,
)
from dataforms.accounts.accounts import Accounts
from dataforms.accounts.delays import FREE_FOR_ACCOUNT, FREE_FOR_ADDRESS
from dataforms.accounts.entrance import LASTS_S
from dataforms.accounts.keys import digest
from dataforms.accounts.sessions import IDLE_S, SESSION_S
from dataforms.accounts.settings import Settings
from dataforms.database import Database
from dataforms.errors import DataError
from dataforms.spec import AppSpec, Entity, Field

GOOD = "correct horse battery"
BETTER = "staple battery horse"
HERE = "192.0.2.1"


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def __call__(self) -> float:
        return self.now


class Desk(Accounts):
    """The accounts, and what tests do again and again."""

    def __init__(self, url: str, settings: Settings) -> None:
        self.clock = Clock()
        super().__init__(url, settings, self.clock)
        self.create()

    def member(self, email: str = "ada@example.com", *, roles: tuple[str, ...] = ("reader",)) -> Account:
        """Return an account with a password."""
        account = self.add(email, "Ada", roles=roles)
        return self.join("invitation", self.link("invitation", account.id), "", "", GOOD)[0]

    def key(self) -> str:
        """Return the secret of a new session of the member."""
        return self.sign_in("ada@example.com", GOOD, HERE)[1]

    def guess(self, email: str = "ada@example.com", address: str = HERE) -> str:
        """Return how a wrong password is refused: by the name of the error."""
        try:
            self.sign_in(email, "wrong, wrong, wrong", address)
        except DataError as error:
            return type(error).__name__
        raise AssertionError("it was let in")


OPEN = Settings(required=True, sign_up="open", default_roles=("reader",))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(f"sqlite:///{tmp_path}/app.db", OPEN)
    yield opened
    opened.close()


def test_the_right_password_opens_a_session_that_its_secret_alone_finds(desk: Desk, tmp_path: Path) -> None:
    desk.member()
    account, key = desk.sign_in(" Ada@EXAMPLE.com ", GOOD, HERE)
    assert desk.session(digest(key)) == desk.everybody()[0]
    assert account.access == Access(me="ada@example.com", roles=("reader",))
    assert desk.session(key) is None
    kept = (tmp_path / "app.db").read_bytes() + (tmp_path / "app.db-wal").read_bytes()
    assert key.encode() not in kept
    assert GOOD.encode() not in kept


def test_every_reason_not_to_get_in_sounds_the_same(desk: Desk) -> None:
    desk.member()
    desk.add("bo@example.com", "Bo")
    told = set()
    for email, password in (("ada@example.com", "wrong"), ("bo@example.com", GOOD), ("no@example.com", GOOD)):
        with pytest.raises(SignInRefused) as refused:
            desk.sign_in(email, password, HERE)
        told.add((str(refused.value), refused.value.hint))
    assert len(told) == 1


@pytest.mark.e2e
def test_wrong_passwords_make_an_account_wait_longer_and_longer_wherever_they_come_from(desk: Desk) -> None:
    desk.member()
    for number in range(FREE_FOR_ACCOUNT):
        assert desk.guess(address=f"192.0.2.{number}") == "SignInRefused"
    waits = []
    for _ in range(3):
        assert desk.guess() == "SignInRefused"
        with pytest.raises(TooManyTries) as refused:
            desk.sign_in("ada@example.com", GOOD, "198.51.100.7")
        waits.append(refused.value.wait_s)
        desk.clock.now += refused.value.wait_s
    assert waits == [2, 4, 8]
    desk.key()
    assert desk.guess() == "SignInRefused"
    desk.key()


@pytest.mark.e2e
def test_an_address_that_tries_one_account_after_the_other_waits_too(desk: Desk) -> None:
    for number in range(FREE_FOR_ADDRESS + 1):
        assert desk.guess(f"{number}@example.com") == "SignInRefused"
    assert desk.guess("other@example.com") == "TooManyTries"
    assert desk.guess("other@example.com", "198.51.100.7") == "SignInRefused"


@pytest.mark.e2e
def test_guesses_sent_at_once_are_counted_one_by_one(desk: Desk) -> None:
    desk.member()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: desk.guess(), range(24)))
    assert answers.count("SignInRefused") == FREE_FOR_ACCOUNT + 1


def test_a_session_ends_when_it_is_left_alone_or_old(desk: Desk) -> None:
    desk.member()
    key = digest(desk.key())
    desk.clock.now += IDLE_S - 1
    assert desk.session(key)
    desk.clock.now += IDLE_S - 1
    assert desk.session(key)
    desk.clock.now += IDLE_S
    assert desk.session(key) is None
    key = digest(desk.key())
    for _ in range(SESSION_S // 86_400 - 1):
        desk.clock.now += 86_400
        assert desk.session(key)
    desk.clock.now += 86_400
    assert desk.session(key) is None


def test_signing_out_ends_one_session_and_everywhere_all(desk: Desk) -> None:
    ada = desk.member()
    one, two, three = (digest(desk.key()) for _ in range(3))
    desk.sign_out(one)
    assert [desk.session(each) is not None for each in (one, two, three)] == [False, True, True]
    desk.sign_out_everywhere(ada.id, but=three)
    assert [desk.session(each) is not None for each in (two, three)] == [False, True]


@pytest.mark.e2e
def test_a_new_password_needs_the_old_one_and_ends_all_other_sessions(desk: Desk) -> None:
    ada = desk.member()
    mine, other = digest(desk.key()), digest(desk.key())
    with pytest.raises(AccountInvalid):
        desk.change_password(ada, "not the old one", BETTER, mine, HERE)
    with pytest.raises(AccountInvalid):
        desk.change_password(ada, GOOD, "short", mine, HERE)
    desk.change_password(ada, GOOD, BETTER, mine, HERE)
    assert desk.session(mine)
    assert desk.session(other) is None
    with pytest.raises(SignInRefused):
        desk.key()
    desk.sign_in("ada@example.com", BETTER, HERE)


def test_an_account_that_is_shut_is_out_at_once_with_its_tokens(desk: Desk) -> None:
    desk.add("root@example.com", "Root", is_admin=True)
    ada = desk.member()
    key, token = digest(desk.key()), desk.add_token(ada, "nightly", None, None)
    link = desk.link("reset", ada.id)
    desk.change(ada.id, roles=("reader",), is_admin=False, is_active=False)
    assert desk.session(key) is None
    with pytest.raises(SignInNeeded):
        desk.token(token)
    with pytest.raises(SignInRefused):
        desk.key()
    with pytest.raises(SignInRefused):
        desk.join("reset", link, "", "", BETTER)


def test_somebody_stays_administrator(desk: Desk) -> None:
    root = desk.add("root@example.com", "Root", is_admin=True)
    for is_admin, is_active in ((False, True), (True, False)):
        with pytest.raises(AccountInvalid):
            desk.change(root.id, roles=(), is_admin=is_admin, is_active=is_active)
    assert desk.everybody() == [root]


@pytest.mark.e2e
@pytest.mark.parametrize("kind", ["invitation", "reset"])
def test_a_link_works_once_for_its_purpose_and_its_time(desk: Desk, kind: LinkKind) -> None:
    ada = desk.member()
    other: LinkKind = "reset" if kind == "invitation" else "invitation"
    code, session = desk.link(kind, ada.id), digest(desk.key())
    for wrong_kind, wrong in ((other, code), (kind, code[:-1]), (kind, ""), ("first", code)):
        with pytest.raises(DataError):
            desk.join(wrong_kind, wrong, "x@example.com", "X", BETTER)
    desk.join(kind, code, "", "", BETTER)
    assert desk.session(session) is None
    with pytest.raises(SignInRefused):
        desk.join(kind, code, "", "", GOOD)
    late = desk.link(kind, ada.id)
    desk.clock.now += LASTS_S[kind]
    with pytest.raises(SignInRefused):
        desk.join(kind, late, "", "", GOOD)


def test_a_new_link_takes_the_place_of_the_one_before(desk: Desk) -> None:
    ada = desk.member()
    before, now = desk.link("reset", ada.id), desk.link("reset", ada.id)
    with pytest.raises(SignInRefused):
        desk.join("reset", before, "", "", BETTER)
    desk.join("reset", now, "", "", BETTER)


def test_a_refused_password_does_not_use_up_the_link(desk: Desk) -> None:
    ada = desk.member()
    code = desk.link("reset", ada.id)
    with pytest.raises(AccountInvalid):
        desk.join("reset", code, "", "", "short")
    desk.join("reset", code, "", "", BETTER)


def test_there_is_one_first_account_and_it_is_an_administrator_s(desk: Desk) -> None:
    one, two = desk.link("first"), desk.link("first")
    with pytest.raises(AccountInvalid) as refused:
        desk.join("first", one, "nonsense", " ", GOOD)
    assert set(refused.value.errors) == {"email", "name"}
    account, _ = desk.join("first", one, "Ada@example.com", "Ada", GOOD)
    assert account.is_admin
    assert account.access.roles is None
    with pytest.raises(SignInRefused):
        desk.join("first", two, "eve@example.com", "Eve", GOOD)
    with pytest.raises(SignInRefused):
        desk.join("first", desk.link("first"), "eve@example.com", "Eve", GOOD)


def test_signing_up_gives_the_default_role_and_no_second_account(desk: Desk) -> None:
    account, key = desk.sign_up("ada@example.com", "Ada", GOOD, HERE)
    assert (account.roles, account.is_admin) == (("reader",), False)
    assert desk.session(digest(key)) == account
    with pytest.raises(AccountInvalid):
        desk.sign_up("ADA@example.com", "Eve", GOOD, HERE)


def test_nobody_signs_up_where_one_is_invited(tmp_path: Path) -> None:
    desk = Desk(f"sqlite:///{tmp_path}/app.db", Settings(required=True))
    with pytest.raises(SignInRefused):
        desk.sign_up("ada@example.com", "Ada", GOOD, HERE)
    desk.close()


def test_a_token_lends_no_more_than_the_account_has_now(desk: Desk) -> None:
    root = desk.add("root@example.com", "Root", is_admin=True)
    ada = desk.member(roles=("reader", "clerk"))
    whole, part = desk.add_token(ada, "all", None, None), desk.add_token(ada, "part", ("clerk", "boss"), None)
    assert desk.token(whole).roles == ("reader", "clerk")
    assert desk.token(part) == Access(me="ada@example.com", roles=("clerk",))
    desk.change(ada.id, roles=("reader",), is_admin=False, is_active=True)
    assert desk.token(whole).roles == ("reader",)
    assert desk.token(part).roles == ()
    assert desk.token(desk.add_token(root, "part", ("clerk",), None)).roles == ("clerk",)


def test_a_token_expires_is_revoked_and_tells_when_it_was_used(desk: Desk) -> None:
    ada, other = desk.member(), desk.add("bo@example.com", "Bo")
    key = desk.add_token(ada, "nightly", None, 60)
    assert desk.tokens(ada)[0].used is None
    desk.token(key)
    [token] = desk.tokens(ada)
    assert (token.name, token.used, token.expires) == ("nightly", 1_000_000_000, 1_000_000_060)
    desk.revoke_token(other, token.id)
    desk.token(key)
    desk.clock.now += 60
    with pytest.raises(SignInNeeded):
        desk.token(key)
    lasting = desk.add_token(ada, "for ever", None, None)
    desk.revoke_token(ada, desk.tokens(ada)[0].id)
    with pytest.raises(SignInNeeded):
        desk.token(lasting)


@pytest.mark.e2e
def test_all_of_it_works_in_postgresql() -> None:
    with postgres() as url:
        desk = Desk(url.replace("postgresql:", "postgresql+psycopg:"), OPEN)
        desk.create()
        ada = desk.join("first", desk.link("first"), "root@example.com", "Root", GOOD)[0]
        member = desk.member()
        key = digest(desk.key())
        assert desk.guess() == "SignInRefused"
        assert desk.session(key) is not None
        token = desk.add_token(member, "nightly", ("reader",), 60)
        assert desk.token(token).roles == ("reader",)
        desk.change(member.id, roles=(), is_admin=False, is_active=False)
        assert desk.session(key) is None
        assert [each.email for each in desk.everybody()] == ["ada@example.com", "root@example.com"]
        with pytest.raises(AccountInvalid):
            desk.change(ada.id, roles=(), is_admin=False, is_active=True)
        desk.close()


def test_accounts_stay_while_the_tables_of_the_spec_grow(desk: Desk, tmp_path: Path) -> None:
    ada = desk.add("ada@example.com", "Ada")
    for names in (("name",), ("name", "size")):
        fields = tuple(Field(name=name, title=name, type="text") for name in names)
        entities = (Entity(name="Thing", title="Thing", fields=fields),)
        database = Database(
            AppSpec(name="shop", title="Shop", entities=entities), f"sqlite:///{tmp_path}/app.db"
        )
        database.create()
        database.close()
    assert desk.everybody() == [ada]
