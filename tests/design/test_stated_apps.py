"""Every spec with something stated is right, and the app that it makes answers each of its roles."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from rest import Rest

from benchmarks.designer.texts import FOLDER, load
from dataforms.access import Access
from dataforms.check import problems
from dataforms.database import Database
from dataforms.spec import table_name
from proposals import spec_of
from protoddfd.design.rules import RulesDesigner
from protoddfd.errors import DesignRefused
from protoddfd.spec import AppSpec

TEXTS = (
    "Members with name and birthday. Fees with member, amount, due date and paid on. Payments with member "
    "and amount. The balance of a member is fees minus payments. Overdue fees red. "
    "Members only see their own fees.",
    "Stays with guest, check-in, check-out and price per night. Nights is check-out minus check-in. Total is "
    "nights times price per night. Guests with name and email. Guests can only edit their own stays.",
    "Tickets with subject, customer, status (open, approved) and cost. Comments with ticket and text. "
    "Customers with name. Customers can only see their own tickets. Only leads may approve tickets. "
    "The cost is hidden from customers. If approved, the cost is required.",
    "Pupils with name, date of birth and age. Age from date of birth. Teachers may edit, parents only look.",
)


def specs() -> Iterator[AppSpec]:
    for part in ("tune", "more"):
        for text in load(FOLDER / f"{part}.jsonl"):
            try:
                yield RulesDesigner().design(text.text).spec
            except DesignRefused:
                continue


def test_no_description_makes_a_spec_with_faults() -> None:
    assert [found for spec in specs() for found in problems(spec)] == []


@pytest.mark.parametrize("text", TEXTS)
def test_an_app_answers_each_role_what_it_may_see(text: str, tmp_path: Path) -> None:
    spec = spec_of(text)
    assert problems(spec) == ()
    database = Database(spec, f"sqlite:///{tmp_path / 'app.db'}")
    database.create()
    for access in (None, *(Access(me="ada@example.com", roles=(role.name,)) for role in spec.roles)):
        with Rest(database, access) as rest:
            for entity in spec.entities:
                filters = [quote(json.dumps(view.filter)) for view in entity.views]
                for asked in ("", *(f"?filter={each}" for each in filters)):
                    answer = rest.ask("GET", f"/{table_name(entity.name)}{asked}")
                    hidden = access is not None and answer.status_code in (400, 403, 404)
                    assert hidden or answer.status_code == 200, answer.text
    database.close()


def test_those_who_refer_to_a_record_see_it_as_their_own(tmp_path: Path) -> None:
    spec = spec_of(
        "Nursery: children with name. Parents with name, email and child. Absences with child and date. "
        "Parents may only see their own children."
    )
    database = Database(spec, f"sqlite:///{tmp_path / 'app.db'}")
    database.create()
    with Rest(database) as rest:
        mine, other = rest.add("/child", name="Mia"), rest.add("/child", name="Tom")
        rest.add("/parent", name="Ada", email="ada@example.com", child=mine)
        rest.add("/absence", child=other, date="2026-01-02")
    with Rest(database, Access(me="ada@example.com", roles=("parent",))) as rest:
        assert [each["name"] for each in rest.ask("GET", "/child").json()["items"]] == ["Mia"]
        assert rest.ask("GET", f"/child/{other}").status_code == 404
        assert rest.ask("GET", "/absence").status_code in (403, 404)
    database.close()
