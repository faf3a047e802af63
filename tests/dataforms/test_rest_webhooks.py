"""Webhooks: every change that stays is told to whoever wants to know, signed, until it is accepted."""

import asyncio
import hmac
import json
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rest import SHOP, Rest

from dataforms.access import Access
from dataforms.database import Database
from dataforms.rest import outbox
from dataforms.rest.delivery import Deliverer, delivering
from dataforms.rest.sending import VARIABLE, NotSent, refuse_private, target_of
from dataforms.rest.signing import JITTER, WAITS_S, secret_of, signed, wait_s
from dataforms.spec import Permission, Role


class Receiver:
    """A server that keeps what it is sent, and answers with the next of `statuses`, then with 204."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.arrived: Queue[None] = Queue()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 204)
                self.send_header("location", "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()
                receiver.arrived.put(None)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?a=b"

    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv(VARIABLE, "127.0.0.0/8")
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.001,))
    thread.start()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()
    thread.join()


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.chdir(tmp_path)
    opened = Database(SHOP, "sqlite:///data/app.db")
    opened.create()
    yield opened
    opened.close()


@pytest.fixture
def rest(database: Database) -> Iterator[Rest]:
    with Rest(database) as rest:
        yield rest


@contextmanager
def noting(database: Database) -> Iterator[None]:
    """Write deliveries down, as a process that ends before it makes any."""

    def note(change: Any) -> None:
        outbox.note(change)

    database.listen(note, lambda: None)
    yield


def deliver(database: Database) -> None:
    """Make all deliveries that are due, as a process that starts."""

    async def once() -> None:
        deliverer = Deliverer(lambda: database)
        deliverer.wake()
        await deliverer.idle()
        await deliverer.close()

    asyncio.run(once())


def left(rest: Rest, webhook: int) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = rest.ask("GET", f"/webhooks/{webhook}/deliveries").json()["items"]
    return items


def test_a_change_is_delivered_signed(rest: Rest, database: Database, receiver: Receiver) -> None:
    made = rest.ask("POST", "/webhooks", {"url": receiver.url}).json()

    async def change() -> None:
        opened = []

        def when_opened(want: Any) -> Any:
            want(database)
            return lambda: opened.append("undone")

        async with delivering(lambda: database, when_opened):
            id = await asyncio.to_thread(database.insert, "Customer", {"name": "Ana"})
            await asyncio.to_thread(database.update, "Customer", id, {"code": "a"})
            await asyncio.to_thread(database.update, "Customer", id, {})
            await asyncio.to_thread(database.delete, "Customer", id)
            for _ in range(3):
                await asyncio.to_thread(receiver.arrived.get, timeout=30)
        assert opened == ["undone"]

    asyncio.run(change())
    messages = sorted(receiver.messages(), key=lambda each: each["timestamp"])
    assert [each["type"] for each in messages] == ["customer.created", "customer.updated", "customer.deleted"]
    record = {"id": 1, "name": "Ana", "code": None, "orders": 0, "_labels": {}}
    assert [each["data"] for each in messages] == [record, {**record, "code": "a"}, {"id": 1}]
    for headers, body in receiver.got:
        told = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = b64decode(made["secret"].removeprefix("whsec_"))
        expected = b64encode(hmac.new(key, told, sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
        assert headers["content-type"] == "application/json"
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 3


def test_what_was_not_delivered_before_the_end_is_so_after_the_next_start(
    rest: Rest, database: Database, receiver: Receiver
) -> None:
    webhook = rest.ask("POST", "/webhooks", {"url": receiver.url}).json()["id"]
    assert Path("data/webhooks").is_file()
    with noting(database):
        rest.add("/customer", name="Ana")
    assert receiver.got == []
    assert [each["event"] for each in left(rest, webhook)] == ["customer.created"]
    deliver(database)
    assert [each["data"]["name"] for each in receiver.messages()] == ["Ana"]
    assert left(rest, webhook) == []


def test_what_is_undone_is_told_to_nobody(rest: Rest, database: Database, receiver: Receiver) -> None:
    webhook = rest.ask("POST", "/webhooks", {"url": receiver.url}).json()["id"]
    changes = [{"do": "create", "values": {"name": "Ana"}}, {"do": "delete", "id": 9}]
    with noting(database):
        assert rest.ask("POST", "/customer/bulk", {"changes": changes}).status_code == 404
    assert left(rest, webhook) == []


def test_only_what_was_asked_for_is_told(rest: Rest, database: Database, receiver: Receiver) -> None:
    asked = {"url": receiver.url, "entities": ["customer"], "events": ["created", "deleted"]}
    webhook = rest.ask("POST", "/webhooks", asked).json()["id"]
    with noting(database):
        id = rest.add("/customer", name="Ana")
        rest.add("/order_line", title="x")
        rest.ask("PATCH", f"/customer/{id}", {"name": "Anna"})
        rest.ask("DELETE", f"/customer/{id}")
    assert [each["event"] for each in left(rest, webhook)] == ["customer.deleted", "customer.created"]


def test_a_refused_delivery_is_kept_for_later_and_a_dead_one_until_it_is_sent_again(
    rest: Rest, database: Database, receiver: Receiver
) -> None:
    webhook = rest.ask("POST", "/webhooks", {"url": receiver.url}).json()["id"]
    with noting(database):
        rest.add("/customer", name="Ana")
    receiver.statuses = [302]
    deliver(database)
    (kept,) = left(rest, webhook)
    assert (kept["attempts"], kept["failure"]) == (1, "127.0.0.1 answered 302.")
    assert kept["due_at"] > kept["made_at"]
    deliver(database)
    assert len(receiver.got) == 1, "it is not due yet, and the redirect was not followed"
    receiver.statuses = [410]
    rest.ask("POST", f"/webhooks/{webhook}/retry", {})
    deliver(database)
    (dead,) = left(rest, webhook)
    assert (dead["due_at"], dead["failure"]) == (None, "127.0.0.1 answered 410.")
    assert rest.ask("POST", f"/webhooks/{webhook}/retry", {}).status_code == 204
    deliver(database)
    assert left(rest, webhook) == []
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


def test_a_delivery_that_another_process_has_taken_is_not_made_twice(
    rest: Rest, database: Database, receiver: Receiver
) -> None:
    rest.ask("POST", "/webhooks", {"url": receiver.url})
    with noting(database):
        rest.add("/customer", name="Ana")
    with database.transaction() as transaction:
        (taken,) = outbox.take(transaction.connection, 2e9, 5)
        assert outbox.take(transaction.connection, 2e9, 5) == []
        assert [each.id for each in outbox.take(transaction.connection, 2e9 + outbox.LEASE_S, 5)] == [
            taken.id
        ]


def test_subscriptions_are_listed_without_their_secret_and_deleted(rest: Rest, receiver: Receiver) -> None:
    assert rest.ask("GET", "/webhooks").json() == {"items": []}
    answer = rest.ask("POST", "/webhooks", {"url": receiver.url})
    assert (answer.status_code, answer.headers["location"]) == (201, "/api/v1/webhooks/1")
    webhook = {"id": 1, "url": receiver.url, "entities": [], "events": ["created", "updated", "deleted"]}
    assert rest.ask("GET", "/webhooks").json() == {"items": [webhook]}
    assert rest.ask("GET", "/webhooks/1").json() == webhook
    assert rest.ask("DELETE", "/webhooks/1").status_code == 204
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/deliveries")):
        assert rest.ask(method, f"/webhooks/1{path}").status_code == 404


def test_roles_that_limit_an_account_keep_it_from_webhooks(tmp_path: Path) -> None:
    role = Role(name="all", title="All", permissions=(Permission(entity="Customer"),))
    database = Database(replace(SHOP, roles=(role,)), f"sqlite:///{tmp_path}/app.db")
    database.create()
    with Rest(database, Access(roles=("all",))) as rest:
        assert rest.ask("GET", "/webhooks").status_code == 403
        assert rest.ask("POST", "/webhooks", {"url": "https://example.com"}).status_code == 403
    database.close()


@pytest.mark.parametrize(
    ("sent", "status", "pointer"),
    [
        ({}, 422, "#"),
        ({"url": 7}, 422, "#/url"),
        ({"url": "ftp://127.0.0.1/"}, 422, "#/url"),
        ({"url": "http://127.0.0.1/", "events": ["opened"]}, 422, "#/events"),
        ({"url": "http://127.0.0.1/", "entities": ["nobody"]}, 422, "#/entities"),
        ({"url": "http://127.0.0.1/", "secret": "x"}, 422, "#/secret"),
        ({"url": "http://127.0.0.1/"}, 409, "#/url"),
        ({"url": "http://[::1]/"}, 409, "#/url"),
    ],
)
def test_a_subscription_that_cannot_be_says_why(rest: Rest, sent: object, status: int, pointer: str) -> None:
    answer = rest.ask("POST", "/webhooks", sent)
    assert answer.status_code == status
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "[::1]", "169.254.169.254", "10.0.0.1", "192.168.1.1", "0.0.0.0", "[fe80::1]",
     "[::ffff:127.0.0.1]", "localhost", "224.0.0.1", "[fd00::1]"],
)  # fmt: skip
def test_what_only_this_machine_can_reach_is_not_asked(host: str) -> None:
    with pytest.raises(NotSent, match="not a public address"):
        refuse_private(target_of(f"http://{host}/"))


def test_an_address_that_is_public_or_allowed_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refuse_private(target_of("https://93.184.216.34/")) == "93.184.216.34"
    monkeypatch.setenv(VARIABLE, "10.0.0.0/8, ::1")
    assert refuse_private(target_of("http://10.1.2.3/")) == "10.1.2.3"
    assert refuse_private(target_of("http://[::1]:80/")) == "::1"


@pytest.mark.parametrize(
    "url", ["", "x", "file:///etc/passwd", "http://", "http://a:b@c/", "http://a:99999/", "http://a b/"]
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(NotSent):
        target_of(url)


@given(st.integers(1, 20), st.floats(0, 1))
def test_the_pauses_grow_until_it_is_given_up(attempts: int, chance: float) -> None:
    pause = wait_s(attempts, chance)
    if attempts > len(WAITS_S):
        assert pause is None
    else:
        assert pause == pytest.approx(WAITS_S[attempts - 1], rel=JITTER + 1e-9)


def test_a_signature_depends_on_all_that_it_signs() -> None:
    secret = secret_of(b"k" * 32)
    each = {
        signed(*parts)["webhook-signature"]
        for parts in (
            (secret, "a", 1, b"x"),
            (secret, "b", 1, b"x"),
            (secret, "a", 2, b"x"),
            (secret, "a", 1, b"y"),
            (secret_of(b"l" * 32), "a", 1, b"x"),
        )
    }
    assert len(each) == 5
