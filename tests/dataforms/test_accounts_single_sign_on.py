"""Signing in with a real OpenID Connect provider: only its own, fresh, verified word counts."""

import base64
import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from identity import IdentityProvider, identity_provider
from starlette.requests import Request

from dataforms.access import EVERYTHING, Access
from dataforms.accounts.accounts import Accounts
from dataforms.accounts.cookies import Names
from dataforms.accounts.gate import SESSION_HEADER, Gate
from dataforms.accounts.keys import digest
from dataforms.accounts.oidc import Client
from dataforms.accounts.routes import Routes
from dataforms.accounts.settings import settings_of
from dataforms.frontend import Receive, Scope, Send
from dataforms.spec import AppSpec, Entity, Field, Permission, Role
from dataforms.spec_login import Login, Provider

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]
APP = "http://shop.test:4001"
NAMES = Names("shop", Path("/shop"))
SPEC = AppSpec(
    name="shop",
    title="Shop",
    entities=(Entity(name="Thing", title="Thing", fields=(Field(name="name", title="Name", type="text"),)),),
    roles=(
        Role(name="reader", title="Reader", default=True, permissions=(Permission(entity="Thing"),)),
        Role(name="clerk", title="Clerk"),
    ),
    login=Login(
        required=True,
        sign_up="invited",
        providers=(Provider(name="oidc", title="Company", roles_claim="groups", roles={"Sales": "clerk"}),),
    ),
)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentityProvider]:
    with identity_provider(tmp_path_factory.mktemp("provider") / "log") as running:
        running.know("ada", email="Ada@Example.com", email_verified=True, name="Ada", groups=["Sales", "All"])
        running.know("eve", email="ada@example.com", email_verified=False, name="Eve")
        running.know("bob", email="bob@example.com", email_verified=True, name="Bob")
        yield running


@pytest.fixture
def accounts(tmp_path: Path, provider: IdentityProvider) -> Iterator[Accounts]:
    opened = Accounts(f"sqlite:///{tmp_path}/app.db", settings_of(SPEC, provider.variables()))
    opened.create()
    yield opened
    opened.close()


@pytest.fixture
async def browser(accounts: Accounts) -> AsyncIterator[httpx.AsyncClient]:
    async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("nothing else is asked")

    def nobody(request: Request) -> Access:
        return EVERYTHING

    gate = Gate(nothing, NAMES, nobody, Routes(lambda: accounts, NAMES).router())
    transport = httpx.ASGITransport(app=gate)
    async with httpx.AsyncClient(transport=transport, base_url=APP, headers={"origin": APP}) as client:
        yield client


async def begin(browser: httpx.AsyncClient) -> str:
    """Return the address at the provider that the browser is sent to."""
    begun = await browser.post("/auth/with/oidc", data={"next": "/t/thing"})
    assert begun.status_code == 303
    return begun.headers["location"]


async def consent(address: str, subject: str) -> str:
    """Return the path that the provider sends the browser back to."""
    async with httpx.AsyncClient() as person:
        allowed = await person.post(address, data={"sub": subject})
    back = urlsplit(allowed.headers["location"])
    return f"{back.path}?{back.query}"


async def sign_in(browser: httpx.AsyncClient, subject: str) -> httpx.Response:
    return await browser.get(await consent(await begin(browser), subject))


def session(browser: httpx.AsyncClient, accounts: Accounts) -> str | None:
    key = browser.cookies.get(NAMES.session(is_secure=False))
    found = accounts.session(digest(key)) if key else None
    return None if found is None else found.email


async def test_the_request_has_pkce_state_and_nonce(browser: httpx.AsyncClient) -> None:
    asked = parse_qs(urlsplit(await begin(browser)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"{APP}/auth/callback/oidc"]
    assert all(len(asked[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))


async def test_a_verified_address_opens_its_account_and_gives_the_roles_of_the_claim(
    browser: httpx.AsyncClient, accounts: Accounts
) -> None:
    accounts.add("ada@example.com", "Ada")
    back = await sign_in(browser, "ada")
    assert (back.status_code, back.headers["location"]) == (303, "/t/thing")
    assert session(browser, accounts) == "ada@example.com"
    assert accounts.everybody()[0].roles == ("clerk",)


async def test_an_address_that_is_not_verified_opens_nothing(
    browser: httpx.AsyncClient, accounts: Accounts
) -> None:
    accounts.add("ada@example.com", "Ada")
    back = await sign_in(browser, "eve")
    assert back.headers["location"] == "/login/"
    assert session(browser, accounts) is None


async def test_whoever_was_not_invited_gets_no_account(
    browser: httpx.AsyncClient, accounts: Accounts
) -> None:
    await sign_in(browser, "bob")
    assert session(browser, accounts) is None
    assert accounts.everybody() == []


async def test_an_account_that_is_not_active_stays_shut(
    browser: httpx.AsyncClient, accounts: Accounts
) -> None:
    accounts.add("root@example.com", "Root", is_admin=True)
    ada = accounts.add("ada@example.com", "Ada")
    accounts.change(ada.id, roles=(), is_admin=False, is_active=False)
    await sign_in(browser, "ada")
    assert session(browser, accounts) is None


async def test_the_link_to_an_account_outlives_a_change_of_address(
    browser: httpx.AsyncClient, accounts: Accounts, provider: IdentityProvider
) -> None:
    accounts.add("cy@example.com", "Cy")
    provider.know("cy", email="cy@example.com", email_verified=True)
    await sign_in(browser, "cy")
    provider.know("cy", email="cyrus@example.com", email_verified=True)
    browser.cookies.clear()
    await sign_in(browser, "cy")
    assert session(browser, accounts) == "cy@example.com"


async def test_another_browser_s_answer_is_refused(browser: httpx.AsyncClient, accounts: Accounts) -> None:
    accounts.add("ada@example.com", "Ada")
    answer = await consent(await begin(browser), "ada")
    browser.cookies.clear()
    assert (await browser.get(answer)).headers["location"] == "/login/"
    assert session(browser, accounts) is None


async def test_an_answer_counts_once(browser: httpx.AsyncClient, accounts: Accounts) -> None:
    accounts.add("ada@example.com", "Ada")
    answer = await consent(await begin(browser), "ada")
    flow = {NAMES.flow(is_secure=False): browser.cookies[NAMES.flow(is_secure=False)]}
    await browser.get(answer)
    browser.cookies.clear()
    browser.cookies.update(flow)
    await browser.get(answer)
    assert session(browser, accounts) is None


@pytest.mark.parametrize(("old", "new"), [("state=", "state=x"), ("code=", "code=x")])
async def test_an_answer_that_was_changed_is_refused(
    browser: httpx.AsyncClient, accounts: Accounts, old: str, new: str
) -> None:
    accounts.add("ada@example.com", "Ada")
    answer = await consent(await begin(browser), "ada")
    await browser.get(answer.replace(old, new))
    assert session(browser, accounts) is None


async def test_a_word_for_another_request_is_refused(browser: httpx.AsyncClient, accounts: Accounts) -> None:
    accounts.add("ada@example.com", "Ada")
    address = await begin(browser)
    nonce = parse_qs(urlsplit(address).query)["nonce"][0]
    await browser.get(await consent(address.replace(nonce, "another-nonce"), "ada"))
    assert session(browser, accounts) is None


async def test_the_challenge_is_the_hash_of_what_is_kept(provider: IdentityProvider) -> None:
    settings = settings_of(SPEC, provider.variables()).providers[0]
    address, flow = await Client(settings).begin(f"{APP}/auth/callback/oidc", "/")
    hashed = base64.urlsafe_b64encode(hashlib.sha256(flow.verifier.encode()).digest()).rstrip(b"=")
    assert parse_qs(urlsplit(address).query)["code_challenge"] == [hashed.decode()]


async def test_who_says_no_at_the_provider_is_back_at_the_login(
    browser: httpx.AsyncClient, accounts: Accounts
) -> None:
    async with httpx.AsyncClient() as person:
        denied = await person.post(await begin(browser), data={"action": "deny"})
    back = urlsplit(denied.headers["location"])
    answer = await browser.get(f"{back.path}?{back.query}")
    assert answer.headers["location"] == "/login/"
    assert session(browser, accounts) is None


async def test_a_provider_that_is_gone_is_said_so(tmp_path: Path) -> None:
    environment = {"OIDC_ISSUER": "http://127.0.0.1:1", "OIDC_CLIENT_ID": "shop"}
    accounts = Accounts(f"sqlite:///{tmp_path}/app.db", settings_of(SPEC, environment))
    accounts.create()
    router = Routes(lambda: accounts, NAMES).router()
    transport = httpx.ASGITransport(app=router)
    async with httpx.AsyncClient(transport=transport, base_url=APP, headers={"origin": APP}) as client:
        answer = await client.post("/auth/with/oidc", data={"next": "/"})
    accounts.close()
    assert answer.headers["location"] == "/login/"
    assert SESSION_HEADER not in answer.headers
