"""What gets past the gate, as whom, and what is told to those who do not."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from dataforms.access import EVERYTHING, Access
from dataforms.accounts.account import ForeignOrigin, SignInNeeded
from dataforms.accounts.cookies import Names, Note, note_value, read, read_note, without
from dataforms.accounts.gate import ACCESS, NOTE_HEADER, SESSION_HEADER, Gate
from dataforms.accounts.keys import digest
from dataforms.accounts.origin import own_path, refuse_foreign
from dataforms.frontend import Receive, Scope, Send

pytestmark = pytest.mark.anyio
NAMES = Names("shop", Path("/apps/shop"))
COOKIE = NAMES.session(is_secure=False)
ADA = Access(me="ada@example.com", roles=())


def known(request: Request) -> Access:
    if request.headers.get(SESSION_HEADER) != digest("secret"):
        raise SignInNeeded("Nobody is signed in.")
    return ADA


async def ask(
    path: str = "/export/x.csv",
    *,
    has_login: bool = True,
    kind: str = "http",
    server: str = "127.0.0.1",
    **headers: str,
) -> tuple[Scope, list[Any]]:
    """Return what came through, if anything, and what was answered."""
    came: Scope = {}
    sent: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        came.update(scope)

    async def routes(scope: Scope, receive: Receive, send: Send) -> None:
        came.update(scope, is_form=True)

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is read")

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    asked: Scope = {"type": kind, "method": "GET", "path": path, "query_string": b""}
    scope: Scope = {**asked, "headers": raw, "server": (server, 4001)}
    gate = Gate(app, NAMES, known, routes if has_login else None, "https://loans.example.com")
    await gate(scope, receive, send)
    return came, sent


async def test_a_session_opens_and_its_secret_stays_outside() -> None:
    came, _ = await ask(cookie=f"other=1; {COOKIE}=secret; more=2")
    assert came[ACCESS] == ADA
    assert b"secret" not in repr(came).encode()
    assert read(came["headers"], "other") == "1"
    assert read(came["headers"], "more") == "2"


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_a_client_cannot_name_the_digest_itself(kind: str) -> None:
    came, sent = await ask("/_event/", kind=kind, x_dataforms_session=digest("secret"), x_dataforms_note="x")
    assert not sent
    names = [name.decode() for name, _ in came["headers"]]
    assert SESSION_HEADER not in names
    assert NOTE_HEADER not in names


async def test_programs_are_told_and_people_are_led_to_the_login() -> None:
    came, sent = await ask()
    assert (came, sent[0]["status"]) == ({}, 401)
    assert (b"www-authenticate", b"Bearer") in sent[0]["headers"]
    assert "Nobody" in json.loads(sent[1]["body"])["error"]
    came, sent = await ask("/files/a/1", accept="text/html,*/*")
    assert (came, sent[0]["status"]) == ({}, 303)
    assert (b"location", b"/login/?next=/files/a/1") in sent[0]["headers"]


async def test_rest_says_it_in_problem_details() -> None:
    _, sent = await ask("/api/v1/loan")
    assert (b"content-type", b"application/problem+json") in sent[0]["headers"]
    problem = json.loads(sent[1]["body"])
    assert (problem["type"], problem["status"]) == ("urn:dataforms:problem:sign-in-needed", 401)
    assert "Nobody" in problem["detail"]


async def test_a_login_that_has_no_page_leads_nowhere_rather_than_in_a_circle() -> None:
    _, sent = await ask("/login/", accept="text/html")
    assert sent[0]["status"] == 401


@pytest.mark.parametrize("path", ["/_event/", "/ping", "/_health", "/auth/sign-in"])
async def test_what_everybody_needs_to_get_in_is_open(path: str) -> None:
    came, sent = await ask(path)
    assert came["path"] == path
    assert not sent
    assert ACCESS not in came


async def test_without_a_login_everybody_may_do_everything_and_other_machines_are_warned_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        came, _ = await ask(has_login=False)
        assert not caplog.records
        await ask(has_login=False, server="192.0.2.7")
    assert came[ACCESS] == EVERYTHING
    assert "NO LOGIN" in caplog.text


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("name", ["evil.example", "evil.example:4001", "localhost.evil.example", "[::1", "0"])
async def test_an_app_without_a_login_answers_no_page_that_took_its_address(kind: str, name: str) -> None:
    came, sent = await ask("/_event/", has_login=False, kind=kind, host=name, origin=f"http://{name}")
    assert came == {}
    assert sent[0].get("status", sent[0].get("code")) in (403, 1008)


@pytest.mark.parametrize(
    "name",
    [
        "localhost:4001",
        "LOCALHOST",
        "127.0.0.1:4001",
        "[::1]:4001",
        "shop.localhost:4001",
        "loans.example.com",
    ],
)
async def test_an_app_without_a_login_answers_to_its_own_names(name: str) -> None:
    came, sent = await ask(has_login=False, host=name)
    assert (came[ACCESS], sent) == (EVERYTHING, [])


async def test_other_machines_may_call_an_app_as_they_like() -> None:
    came, _ = await ask(has_login=False, server="192.0.2.7", host="shop.lan:4001")
    assert came[ACCESS] == EVERYTHING


async def test_with_a_login_nothing_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        await ask(server="192.0.2.7")
    assert not caplog.records


def test_apps_that_share_a_host_have_cookies_of_their_own() -> None:
    others = {Names("shop", Path("/apps/shop2")), Names("crm", Path("/apps/shop")), NAMES}
    assert len({each.session(is_secure=False) for each in others}) == 3
    assert NAMES.session(is_secure=True).startswith("__Host-")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text("xyz019", max_size=4)), max_size=6))
def test_cookies_are_taken_out_one_by_one(pairs: list[tuple[str, str]]) -> None:
    headers = [(b"cookie", "; ".join(f"{name}={value}" for name, value in pairs).encode()), (b"host", b"h")]
    left = without(headers, frozenset("a"))
    assert read(left, "a") == ""
    for name in "bc":
        assert read(left, name) == read(headers, name)
    assert (b"host", b"h") in left


@given(st.builds(Note, message=st.text(), errors=st.dictionaries(st.text(), st.text()), email=st.text()))
def test_a_note_comes_back_as_it_was(note: Note) -> None:
    assert read_note(note_value(note)) == note


@given(st.text())
def test_any_other_text_is_no_note(text: str) -> None:
    found = read_note(text)
    assert found is None or isinstance(found, Note)


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/a\\b",
        "javascript:x",
        "",
        "/\n",
        "/auth/x",
    ],
)
def test_the_login_leads_to_no_other_site(text: str) -> None:
    assert own_path(text) == "/"


def test_the_login_leads_back_to_the_page() -> None:
    assert own_path("/t/customer?page=2") == "/t/customer?page=2"


HOST = {"host": "shop.test:4001"}


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("POST", {"origin": "http://shop.test:4001"}),
        ("GET", {"origin": "https://SHOP.test:4001"}),
        ("GET", {}),
        ("GET", {"sec-fetch-site": "same-origin"}),
    ],
)
def test_the_app_s_own_pages_may_ask(method: str, headers: dict[str, str]) -> None:
    refuse_foreign(method, HOST | headers)


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("POST", {}),
        ("POST", {"sec-fetch-site": "same-origin"}),
        ("POST", {"origin": "null"}),
        ("DELETE", {"origin": "http://shop.test:4002"}),
        ("GET", {"origin": "http://evil.example"}),
        ("GET", {"sec-fetch-site": "cross-site"}),
        ("GET", {"sec-fetch-site": "same-site"}),
    ],
)
def test_other_sites_may_not(method: str, headers: dict[str, str]) -> None:
    with pytest.raises(ForeignOrigin):
        refuse_foreign(method, HOST | headers)
