"""Many changes at once over REST: all of them are made, or none and every reason is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from rest import SHOP, Rest

from dataforms.database import Database
from dataforms.rest.bulk import ITEMS


@pytest.fixture
def rest(tmp_path: Path) -> Iterator[Rest]:
    database = Database(SHOP, f"sqlite:///{tmp_path}/app.db")
    database.create()
    with Rest(database) as rest:
        yield rest
    database.close()


def names(rest: Rest) -> list[str]:
    return [each["name"] for each in rest.ask("GET", "/customer").json()["items"]]


def test_changes_are_made_in_their_order(rest: Rest) -> None:
    first, second = rest.add("/customer", name="Ana"), rest.add("/customer", name="Bo", code="b")
    tag = rest.ask("GET", f"/customer/{first}").headers["etag"]
    changes = [
        {"do": "delete", "id": second},
        {"do": "create", "values": {"name": "Cy", "code": "b"}},
        {"do": "update", "id": first, "values": {"name": "Anna"}, "if_match": tag},
    ]
    answer = rest.ask("POST", "/customer/bulk", {"changes": changes})
    assert (answer.status_code, answer.json()) == (200, {"ids": [second, 3, first]})
    assert names(rest) == ["Anna", "Cy"]


def test_one_refused_change_undoes_all_and_every_reason_has_its_place(rest: Rest) -> None:
    id = rest.add("/customer", name="Ana", code="a")
    changes = [
        {"do": "create", "values": {"name": "Bo"}},
        {"do": "create", "values": {"name": "", "x/y": 1}},
        {"do": "update", "id": 99, "values": {}},
        {"do": "update", "id": id, "values": {"name": 7}},
        {"do": "delete", "id": id, "if_match": '"old"'},
        {"do": "create", "values": {"name": "Cy", "code": "a"}},
    ]
    answer = rest.ask("POST", "/customer/bulk", {"changes": changes})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "5 of the changes cannot be made, so none was."
    assert sorted(each["pointer"] for each in answer.json()["errors"]) == [
        "#/changes/1/values/name",
        "#/changes/1/values/x~1y",
        "#/changes/2",
        "#/changes/3/values/name",
        "#/changes/4",
        "#/changes/5/values/code",
    ]
    assert names(rest) == ["Ana"]


def test_the_status_is_the_one_that_all_refusals_have(rest: Rest) -> None:
    gone = [{"do": "delete", "id": 8}, {"do": "delete", "id": 9}]
    assert rest.ask("POST", "/customer/bulk", {"changes": gone}).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/changes"),
        ({"changes": []}, "#/changes"),
        ({"changes": [{"do": "delete", "id": 1}] * (ITEMS + 1)}, "#/changes"),
        ({"changes": [{"do": "delete", "id": 1}], "more": 1}, "#/more"),
        ({"changes": ["delete"]}, "#/changes/0"),
        ({"changes": [{"do": ["create"]}]}, "#/changes/0"),
        ({"changes": [{"do": "delete"}]}, "#/changes/0"),
        ({"changes": [{"do": "delete", "id": "1"}]}, "#/changes/0"),
        ({"changes": [{"do": "delete", "id": 1, "values": {}}]}, "#/changes/0"),
        ({"changes": [{"do": "create", "values": []}]}, "#/changes/0"),
    ],
)
def test_what_is_no_list_of_changes_is_refused(rest: Rest, body: object, pointer: str) -> None:
    answer = rest.ask("POST", "/customer/bulk", body)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
