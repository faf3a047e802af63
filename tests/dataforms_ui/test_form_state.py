"""Forms in one tab against a real database and no browser: messages, steps, rows, drafts, the way out."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from dataforms.spec import AppSpec, Entity, Field, Rule, Section, View, encode
from dataforms.ui.live import forget, live
from dataforms.ui.shapes import Input
from dataforms.ui.state import Ui

CUSTOMER = Entity(
    name="Customer",
    title="Customer",
    fields=(
        Field(name="name", title="Name", type="text", required=True, min=2, max=5),
        Field(name="email", title="E-mail", type="email", unique=True),
    ),
)
ORDER = Entity(
    name="Order",
    title="Order",
    fields=(
        Field(name="number", title="Number", type="integer", required=True),
        Field(name="customer", title="Customer", type="reference", target="Customer"),
        Field(name="tags", title="Tags", type="multi_enum", choices=("a", "b")),
        Field(name="sent", title="Sent", type="boolean"),
        Field(name="items", title="Items", type="children", target="Order Item", via="order"),
        Field(name="total", title="Total", type="computed", expression="sum(items.cost)"),
    ),
)
ITEM = Entity(
    name="Order Item",
    title="Item",
    fields=(
        Field(name="order", title="Order", type="reference", target="Order", required=True),
        Field(name="what", title="What", type="text", required=True),
        Field(name="who", title="Who", type="reference", target="Customer"),
        Field(name="price", title="Price", type="money", default=1),
        Field(name="cost", title="Cost", type="computed", expression="price * 2"),
    ),
)
TRIP = Entity(
    name="Trip",
    title="Trip",
    fields=(
        Field(name="place", title="Place", type="text", required=True),
        Field(name="begin", title="From", type="date", required=True),
        Field(name="end", title="To", type="date"),
    ),
    rules=(Rule(kind="check", expression="end >= begin", fields=("end",), message="Not before it begins."),),
    views=(
        View(
            name="form",
            title="Form",
            kind="form",
            steps=(Section(title="Where", fields=("place",)), Section(title="When", fields=("begin", "end"))),
        ),
    ),
)
SPEC = AppSpec(name="shop", title="Shop", entities=(CUSTOMER, ORDER, ITEM, TRIP))


@pytest.fixture
def tab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ui]:
    (tmp_path / "appspec.json").write_bytes(encode(SPEC))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    forget()
    yield Ui(_reflex_internal_init=True)  # type: ignore[call-arg]  # how Reflex itself makes one
    forget()


def opened(tab: Ui, slug: str) -> Ui:
    tab.view = {**tab.view, "slug": slug}
    tab.add()
    return tab


def shown(tab: Ui, name: str) -> Input:
    return next(each for each in tab._all_inputs() if each["name"] == name)


def error(tab: Ui, name: str, text: str, *, finished: bool) -> str:
    tab.typing({name: text}, name, finished)
    return shown(tab, name)["error"]


def test_what_more_typing_may_mend_is_told_when_the_field_is_left(tab: Ui) -> None:
    opened(tab, "customer")
    assert not tab.form["lively"]
    assert error(tab, "name", "A", finished=False) == ""
    assert error(tab, "name", "A", finished=True) == "Must have at least 2 characters; it has 1."
    assert error(tab, "name", "Ada", finished=False) == ""
    assert error(tab, "name", "Ada L.", finished=False) == "Must have at most 5 characters; it has 6."
    assert error(tab, "email", "ada@", finished=False) == ""
    assert error(tab, "email", "ada@", finished=True) != ""


def test_a_value_that_is_taken_is_told_when_the_field_is_left(tab: Ui) -> None:
    id = live().database.insert("Customer", {"name": "Ada", "email": "a@b.org"})
    opened(tab, "customer")
    assert error(tab, "email", "a@b.org", finished=False) == ""
    assert error(tab, "email", "a@b.org", finished=True) == "Another record has this already."
    tab.edit(str(id))
    assert error(tab, "email", "a@b.org", finished=True) == ""


def test_what_is_wrong_is_listed_with_the_names_of_the_inputs(tab: Ui) -> None:
    opened(tab, "order").add_row("items", {})
    tab.save({"number": "x", "items.n1.what": "", "items.n1.price": "1"})
    assert [(each["name"], each["label"]) for each in tab.faults] == [
        ("number", "Number"),
        ("items.n1.what", "What"),
    ]
    tab.typing({"number": "7"}, "number", True)
    assert [each["name"] for each in tab.faults] == ["items.n1.what"]


def test_steps_are_checked_one_by_one_and_summed_up(tab: Ui) -> None:
    opened(tab, "trip")
    typed = {"place": "", "begin": "", "end": ""}
    tab.save(typed)
    assert (tab.form["step"], shown(tab, "place")["error"], shown(tab, "begin")["error"]) == (
        0,
        "This is required.",
        "",
    )
    tab.save(typed | {"place": "Rome"})
    assert [(each["title"], each["state"]) for each in tab.steps] == [
        ("Where", "done"),
        ("When", "now"),
        ("", "later"),
    ]
    wrong = {"place": "Rome", "begin": "2026-02-02", "end": "2026-01-01"}
    tab.save(wrong)
    assert (tab.form["step"], shown(tab, "end")["error"]) == (1, "Not before it begins.")
    right = wrong | {"end": "2026-02-03"}
    tab.save(right)
    assert [line["text"] for line in tab.lines] == ["Rome", "2026-02-02", "2026-02-03"]
    assert live().database.counts()["Trip"] == 0
    tab.back(0)
    assert (tab.form["step"], tab.lines) == (0, [])
    tab.back(2)
    assert tab.form["step"] == 0
    for _ in range(3):
        tab.save(right)
    assert live().database.counts()["Trip"] == 1


def test_rows_come_and_go_with_the_record(tab: Ui) -> None:
    opened(tab, "order").add_row("items", {"number": "1"})
    tab.add_row("items", {"number": "1", "items.n1.what": "Saw", "items.n1.price": "5"})
    typed = {
        "number": "1",
        **{"items.n1.what": "Saw", "items.n1.price": "5", "items.n2.what": "Axe", "items.n2.price": "6"},
    }
    tab.typing(typed, "items.n2.price", False)
    assert (shown(tab, "total")["value"], shown(tab, "items.n1.cost")["value"]) == ("22.00", "10.00")
    tab.remove_row("items", "n1", typed)
    assert shown(tab, "total")["value"] == "12.00"
    tab.add_row("items", typed)
    tab.save({**typed, "items.n3.what": "Nail", "items.n3.price": ""})
    assert not tab.form["open"]
    database = live().database
    assert [each.values["what"] for each in database.related("Order", "items", 1, 9)] == ["Axe", "Nail"]

    tab.edit("1")
    assert tab.grids["items"]["keys"] == "1,2"
    tab.remove_row("items", "1", {})
    tab.save({"number": "1", "items.2.what": "Nails", "items.2.price": "2"})
    found = database.related("Order", "items", 1, 9)
    assert [(each.id, each.values["what"], each.values["cost"]) for each in found] == [
        (2, "Nails", Decimal(4))
    ]


def test_a_record_made_in_front_is_picked_and_nothing_typed_is_lost(tab: Ui) -> None:
    opened(tab, "order").add_row("items", {})
    typed = {"number": "7", "tags:1": "on", "sent": "on", "items.n1.what": "Saw", "items.n1.price": "3"}
    assert (shown(tab, "customer")["target"], shown(tab, "items.n1.who")["target"]) == (
        "Customer",
        "Customer",
    )
    tab.make("items.n1.who", "Ada", typed)
    assert (tab.form["singular"], tab.form["within"], shown(tab, "name")["value"]) == (
        "Customer",
        "Order",
        "Ada",
    )
    tab.save({"name": "Ada", "email": ""})
    assert (shown(tab, "items.n1.who")["value"], shown(tab, "items.n1.who")["shown"]) == ("1", "Ada")
    assert (shown(tab, "number")["value"], shown(tab, "sent")["value"]) == ("7", "true")
    assert [each["picked"] for each in shown(tab, "tags")["choices"]] == [False, True]
    assert shown(tab, "total")["value"] == "6.00"
    tab.make("customer", "", typed)
    tab.close()
    assert (tab.form["singular"], tab.form["open"]) == ("Order", True)
    tab.close()
    assert not tab.form["open"]


def test_a_draft_fills_only_what_was_typed(tab: Ui) -> None:
    live().database.insert("Customer", {"name": "Ada"})
    id = live().database.save("Order", None, {"number": 1, "sent": True})
    tab.view = {**tab.view, "slug": "order"}
    tab.edit(str(id))
    draft = {"customer": "1", "items.": "n4", "items.n4.what": "Saw", "items.n4.price": "2", "number": "9"}
    tab.draft_found(draft, ["customer", "items.", "items.n4.what", "items.n4.price", "sent"], "yesterday")
    assert shown(tab, "number")["value"] == "1"
    assert shown(tab, "sent")["value"] == "false"
    assert (shown(tab, "customer")["value"], shown(tab, "customer")["shown"]) == ("1", "Ada")
    assert (shown(tab, "items.n4.what")["value"], shown(tab, "total")["value"]) == ("Saw", "4.00")
    assert tab.form["restored"] == "yesterday"
    tab.discard_draft()
    assert (shown(tab, "sent")["value"], tab.grids["items"]["rows"], tab.form["restored"]) == ("true", [], "")


def test_a_draft_that_is_nonsense_does_no_harm(tab: Ui) -> None:
    opened(tab, "order")
    tab.draft_found({"customer": "99", "items.": "x,n,n1,7"}, ["customer", "items.", "none"], "")
    assert shown(tab, "customer")["value"] == ""
    assert tab.grids["items"]["keys"] == "n1"


def test_drafts_of_different_records_are_kept_apart(tab: Ui) -> None:
    id = live().database.insert("Customer", {"name": "Ada"})
    opened(tab, "customer")
    new = tab.form["draft"]
    tab.edit(str(id))
    assert json.loads(new) == ["df-draft", "shop", "", "customer", ""]
    assert tab.form["draft"] != new


def test_a_form_with_something_typed_asks_before_it_closes(tab: Ui) -> None:
    opened(tab, "customer").leave(True, "")
    assert (tab.leaving["open"], tab.form["open"]) == (True, True)
    tab.stay()
    assert tab.form["open"]
    tab.form_open_changed(False, False)
    assert not tab.form["open"]
    opened(tab, "customer").form_open_changed(False, True)
    tab.discard()
    assert (tab.leaving["open"], tab.form["open"]) == (False, False)


def test_an_input_of_another_form_is_left_alone(tab: Ui) -> None:
    opened(tab, "customer")
    tab.typing({"nope": "x"}, "nope", True)
    tab.add_row("name", {})
    tab.remove_row("name", "1", {})
    with pytest.raises(LookupError):
        tab.pick("name", "1", "x")


def test_formatted_text_is_previewed_without_the_markup_in_it(tab: Ui) -> None:
    opened(tab, "customer")
    tab.show_preview("name", "**bold** <script>alert(1)</script> [x](javascript:alert(1))")
    assert "<strong>bold</strong>" in tab.preview["html"]
    assert "<script>" not in tab.preview["html"]
    assert "href" not in tab.preview["html"]
    tab.show_preview("", "")
    assert tab.preview["name"] == ""
