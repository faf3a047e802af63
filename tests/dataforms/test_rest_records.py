"""Records over REST: listed, read, added, changed, deleted, and refused with a reason."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest import SHOP, Rest

from dataforms.access import Access
from dataforms.database import Database
from dataforms.rest.bucket import CLIENTS, Buckets
from dataforms.rest.guard import BODY_LIMIT_BYTES
from dataforms.rest.service import RATE_VARIABLE
from dataforms.spec import AppSpec, Entity, Field, Permission, Role


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(SHOP, f"sqlite:///{tmp_path}/app.db")
    opened.create()
    yield opened
    opened.close()


@pytest.fixture
def rest(database: Database) -> Iterator[Rest]:
    with Rest(database) as rest:
        yield rest


ORDER = {
    "title": "First", "price": 0.1, "pieces": 3, "day": "2024-02-29", "at": "2024-02-29T08:30:00",
    "took": "PT1H30M", "tags": ["old", "new"],
}  # fmt: skip


def test_a_record_is_answered_as_it_was_sent_and_completed(rest: Rest) -> None:
    customer = rest.add("/customer", name="Ana")
    answer = rest.ask("POST", "/order_line", {**ORDER, "customer": customer})
    assert answer.status_code == 201
    assert answer.headers["location"] == "/api/v1/order_line/1"
    assert answer.json() == {
        **ORDER, "id": 1, "number": 1, "customer": customer, "total": 0.3, "tags": ["new", "old"],
        "locked": 7, "_labels": {"customer": "Ana"},
    }  # fmt: skip
    assert rest.ask("GET", "/order_line/1").json() == answer.json()
    assert rest.ask("GET", f"/customer/{customer}").json()["orders"] == 1


def test_a_change_names_only_what_it_changes(rest: Rest) -> None:
    id = rest.add("/order_line", **ORDER)
    changed = rest.ask("PATCH", f"/order_line/{id}", {"title": "Other", "took": None})
    assert changed.status_code == 200
    assert changed.json() == {
        **rest.ask("GET", f"/order_line/{id}").json(),
        **ORDER, "tags": ["new", "old"], "title": "Other", "took": None,
    }  # fmt: skip


def test_a_record_may_be_sent_back_whole(rest: Rest) -> None:
    id = rest.add("/order_line", **ORDER)
    whole = rest.ask("GET", f"/order_line/{id}").json()
    answer = rest.ask("PATCH", f"/order_line/{id}", {**whole, "title": "Other"})
    assert answer.json() == {**whole, "title": "Other"}
    refused = rest.ask("PATCH", f"/order_line/{id}", {**whole, "id": 9, "total": 5, "number": 9, "locked": 1})
    assert sorted(each["pointer"] for each in refused.json()["errors"]) == [
        "#/id", "#/locked", "#/number", "#/total",
    ]  # fmt: skip


def test_a_deleted_record_is_gone(rest: Rest) -> None:
    id = rest.add("/customer", name="Ana")
    assert rest.ask("DELETE", f"/customer/{id}").status_code == 204
    for method in ("GET", "DELETE"):
        assert rest.ask(method, f"/customer/{id}").status_code == 404
    assert rest.ask("PATCH", f"/customer/{id}", {}).json()["type"] == "urn:dataforms:problem:record-unknown"


def test_a_list_is_searched_sorted_and_paged(rest: Rest) -> None:
    for name in ("Bo", "Ana", "Cy", "Anabel"):
        rest.add("/customer", name=name)
    first = rest.ask("GET", "/customer?search=an&sort=-name&size=1")
    assert [each["name"] for each in first.json()["items"]] == ["Anabel"]
    assert first.json()["total"] == 2
    assert first.headers["link"] == f'<{first.json()["next"]}>; rel="next"'
    second = rest.send("GET", first.json()["next"], b"").json()
    assert [each["name"] for each in second["items"]] == ["Ana"]
    assert second["next"] is None


def test_a_list_takes_the_filters_of_the_pages(rest: Rest) -> None:
    for pieces, tags in ((1, ["new"]), (5, ["new"]), (9, ["old"])):
        rest.add("/order_line", title=f"x{pieces}", pieces=pieces, price=2, tags=tags)
    conditions = {"all": [["tags", "has_any", ["new"]], {"any": [["total", ">", 8], ["title", "is", "x9"]]}]}
    asked = urlencode({"filter": json.dumps(conditions), "size": 1, "sort": "-pieces"})
    answer = rest.ask("GET", f"/order_line?{asked}").json()
    assert ([each["title"] for each in answer["items"]], answer["total"]) == (["x5"], 1)
    either = urlencode({"filter": json.dumps({"any": conditions["all"]}), "size": 1, "sort": "-pieces"})
    first = rest.ask("GET", f"/order_line?{either}").json()
    assert (first["items"][0]["title"], first["total"]) == ("x9", 3)
    second = rest.send("GET", first["next"], b"").json()
    assert (second["items"][0]["title"], second["total"]) == ("x5", 3), "the next page has the same filter"


def test_a_filter_by_what_a_role_hides_is_refused(database: Database) -> None:
    limited = msgspec.structs.replace(
        SHOP,
        roles=(Role(name="r", title="R", permissions=(Permission(entity="Customer", hidden=("code",)),)),),
    )
    own = Database(limited, str(database._connections.url))
    with Rest(own, Access(me="x", roles=("r",))) as rest:
        for text in ('{"all": [["code", "is", "a"]]}', '{"all": [["nothing", "is", "a"]]}'):
            answer = rest.ask("GET", f"/customer?{urlencode({'filter': text})}")
            assert answer.status_code == 400
            assert "has no field" in answer.json()["errors"][0]["detail"]
    own.close()


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("filter={", "filter"), ("filter=[]", "filter"), ('filter={"all":[["x","is",1]]}', "filter"),
     ('filter={"all":[["pieces",">","many"]]}', "filter"), ("size=0", "size"), ("size=x", "size"),
     ("sort=tags", "sort"), ("serach=a", "serach"), ("size=1&size=2", "size")],
)  # fmt: skip
def test_a_list_that_cannot_be_is_refused_and_the_parameter_named(
    rest: Rest, query: str, parameter: str
) -> None:
    answer = rest.ask("GET", f"/order_line?{query}")
    assert answer.status_code == 400
    assert [each["parameter"] for each in answer.json()["errors"]] == [parameter]


def test_every_fault_of_a_record_has_a_pointer(rest: Rest) -> None:
    sent = {"price": "x", "day": "31.12.2024", "customer": "1", "tags": ["?"], "a/b~": 1, "pieces": None}
    answer = rest.ask("POST", "/order_line", sent)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "urn:dataforms:problem:record-invalid"
    assert problem["status"] == 422
    assert sorted(each["pointer"] for each in problem["errors"]) == [
        "#/a~1b~0", "#/customer", "#/day", "#/price", "#/tags", "#/title",
    ]  # fmt: skip
    assert all(each["detail"].endswith(".") for each in problem["errors"])


def test_what_other_records_forbid_is_a_conflict(rest: Rest) -> None:
    customer = rest.add("/customer", name="Ana", code="a")
    rest.add("/order_line", title="x", customer=customer)
    taken = rest.ask("POST", "/customer", {"name": "Bo", "code": "a"})
    lost = rest.ask("POST", "/order_line", {"title": "y", "customer": 99})
    used = rest.ask("DELETE", f"/customer/{customer}")
    assert [each.status_code for each in (taken, lost, used)] == [409, 409, 409]
    assert taken.json()["errors"][0]["pointer"] == "#/code"
    assert "1 Order uses" in used.json()["detail"]
    both = rest.ask("POST", "/customer", {"name": " ", "code": "a"})
    assert both.status_code == 422


@pytest.mark.parametrize(
    "path", ["/nothing", "/nothing/1", "/customer/x", "/customer/1/2", "/customer/", "/", ""]
)
def test_what_is_not_there_is_a_problem_too(rest: Rest, path: str) -> None:
    answer = rest.ask("GET", path)
    assert answer.status_code == 404
    assert answer.json()["detail"]


def test_a_method_that_is_not_served_names_those_that_are(rest: Rest) -> None:
    answer = rest.ask("PUT", "/customer/1", {})
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "PATCH", "DELETE"}
    assert rest.ask("HEAD", "/customer").content == b""


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "text/plain", 415),
        (b"name=x", "application/x-www-form-urlencoded", 415),
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"name": "\xff"}', "application/json", 400),
        (b"[]", "application/json; charset=utf-8", 422),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(rest: Rest, body: bytes, kind: str, status: int) -> None:
    answer = rest.send("POST", "/api/v1/customer", body, content_type=kind)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_that_is_too_large_is_not_read(rest: Rest) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 2**20

    kind = "application/json"
    size = str(BODY_LIMIT_BYTES + 1)
    said = rest.send("POST", "/api/v1/customer", b"{", content_type=kind, content_length=size)
    unsaid = rest.send("POST", "/api/v1/customer", parts(), content_type=kind)
    assert [said.status_code, unsaid.status_code] == [413, 413]


def test_a_page_of_another_origin_changes_nothing(rest: Rest, database: Database) -> None:
    for origin in ("http://evil.test", "null", "http://app.test.evil.test", "http://app.test:81"):
        assert rest.ask("POST", "/customer", {"name": "x"}, origin=origin).status_code == 403
    assert database.counts()["Customer"] == 0
    assert rest.ask("POST", "/customer", {"name": "x"}, origin="http://app.test").status_code == 201
    allowed = rest.ask("GET", "/customer", origin="http://evil.test")
    assert not [name for name in allowed.headers if name.startswith("access-control")]


def test_a_lost_update_is_refused(rest: Rest) -> None:
    id = rest.add("/customer", name="Ana")
    seen = rest.ask("GET", f"/customer/{id}").headers["etag"]
    first = rest.ask("PATCH", f"/customer/{id}", {"name": "Anna"}, if_match=seen)
    lost = rest.ask("PATCH", f"/customer/{id}", {"name": "Anne"}, if_match=seen)
    assert (first.status_code, lost.status_code) == (200, 412)
    assert lost.headers["etag"] == first.headers["etag"] != seen
    assert rest.ask("DELETE", f"/customer/{id}", if_match=seen).status_code == 412
    assert rest.ask("GET", f"/customer/{id}").json()["name"] == "Anna"
    assert rest.ask("DELETE", f"/customer/{id}", if_match=f'"x", {lost.headers["etag"]}').status_code == 204


def test_what_a_client_knows_is_not_sent_again(rest: Rest) -> None:
    id = rest.add("/customer", name="Ana")
    tag = rest.ask("GET", f"/customer/{id}").headers["etag"]
    same = rest.ask("GET", f"/customer/{id}", if_none_match=f"W/{tag}")
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    rest.ask("PATCH", f"/customer/{id}", {"name": "Bo"})
    assert rest.ask("GET", f"/customer/{id}", if_none_match=tag).status_code == 200


def test_a_client_that_asks_too_much_is_told_when_to_come_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RATE_VARIABLE, "0.01")
    with Rest(database) as rest:
        assert rest.ask("GET", "/customer").status_code == 200
        refused = rest.ask("GET", "/customer")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 100


def test_roles_limit_what_is_seen_and_changed(tmp_path: Path) -> None:
    permission = Permission(
        entity="Note", read=True, create=True, hidden=("secret",), condition='text == "mine"'
    )
    writer = Permission(entity="Inbox", read=False, create=True)
    spec = AppSpec(
        name="notes",
        title="Notes",
        entities=tuple(
            Entity(name=name, title=name, fields=(
                Field(name="text", title="Text", type="text"),
                Field(name="secret", title="Secret", type="text"),
            )) for name in ("Note", "Inbox", "Other")
        ),
        roles=(Role(name="reader", title="Reader", permissions=(permission, writer)),),
    )  # fmt: skip
    database = Database(spec, f"sqlite:///{tmp_path}/app.db")
    database.create()
    with Rest(database) as owner, Rest(database, Access(roles=("reader",))) as reader:
        mine, other = (owner.add("/note", text=text, secret="s") for text in ("mine", "other"))
        assert reader.ask("GET", f"/note/{mine}").json() == {"id": mine, "text": "mine", "_labels": {}}
        assert reader.ask("GET", f"/note/{other}").status_code == 404
        assert reader.ask("DELETE", f"/note/{mine}").status_code == 403
        assert reader.ask("GET", "/other").status_code == 404
        assert reader.ask("GET", "/inbox").status_code == 403
        added = reader.ask("POST", "/inbox", {"text": "x"})
        assert (added.status_code, added.content) == (201, b"")
        assert "/api/v1/other" not in reader.ask("GET", "/openapi.json").json()["paths"]
    database.close()


def test_a_database_that_cannot_be_used_is_worth_another_try(tmp_path: Path) -> None:
    (tmp_path / "app.db").write_bytes(b"no database" * 200)
    database = Database(SHOP, f"sqlite:///{tmp_path}/app.db")
    with Rest(database) as rest:
        answer = rest.ask("GET", "/customer")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    database.close()


def test_other_addresses_are_the_apps(rest: Rest) -> None:
    assert rest.send("GET", "/api/v10/customer", b"").status_code == 418


@given(st.lists(st.floats(0, 10), max_size=30), st.floats(0.1, 5), st.integers(1, 5))
def test_a_bucket_gives_no_more_than_its_burst_and_its_rate(
    pauses: list[float], rate: float, burst: int
) -> None:
    buckets, now, got = Buckets(rate, burst), 0.0, 0
    for pause in pauses:
        now += pause
        wait_s = buckets.take("a", now)
        got += wait_s == 0
        assert got <= burst + rate * now + 1e-6
        if wait_s:
            assert buckets.take("a", now + wait_s + 1e-6) == 0
            now, got = now + wait_s + 1e-6, got + 1


def test_clients_do_not_use_up_each_others_tokens() -> None:
    buckets = Buckets(1, 1)
    assert [buckets.take(client, 0) for client in "aba"] == [0, 0, 1]
    for number in range(CLIENTS):
        buckets.take(str(number), 0)
    assert buckets.take("a", 0) == 0
