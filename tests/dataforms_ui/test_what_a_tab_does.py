"""The handlers of one browser tab, against a real database in a temporary folder and no browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataforms.spec import AppSpec, Entity, Field, encode
from dataforms.ui.live import forget, live
from dataforms.ui.state import Ui

CUSTOMER = Entity(
    name="Customer",
    title="Customer",
    plural="Customers",
    fields=(
        Field(name="name", title="Name", type="text", required=True),
        Field(name="email", title="E-mail", type="email", unique=True),
    ),
)
ORDER = Entity(
    name="Order",
    title="Order",
    plural="Orders",
    fields=(
        Field(name="number", title="Number", type="text", required=True),
        Field(name="customer", title="Customer", type="reference", target="Customer"),
    ),
)
SPEC = AppSpec(name="shop", title="Shop", entities=(CUSTOMER, ORDER))


@pytest.fixture
def tab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ui]:
    (tmp_path / "appspec.json").write_bytes(encode(SPEC))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    forget()
    yield Ui(_reflex_internal_init=True)  # type: ignore[call-arg]  # how Reflex itself makes one
    forget()


def labels(tab: Ui) -> list[str]:
    return [row["label"] for row in tab.rows]


def test_the_first_page_lists_every_table_with_its_count(tab: Ui) -> None:
    live().database.insert("Customer", {"name": "Ada"})
    tab._show_home()
    assert [(table["title"], table["count"]) for table in tab.tables] == [("Customers", "1"), ("Orders", "0")]
    assert tab.tables[0]["recent"] == ["Ada"]
    assert tab.page_title == "Shop"


def test_an_empty_table_says_so(tab: Ui) -> None:
    tab._show_table("customer")
    assert tab.view["state"] == "empty"


def test_an_address_without_a_table_is_not_found(tab: Ui) -> None:
    tab._show_table("nope")
    assert tab.view["state"] == "unknown"


def test_a_database_that_cannot_be_used_is_said_so_and_tried_again(tab: Ui) -> None:
    Path("data").write_text("not a folder")
    tab.load_home()
    assert tab.failure
    Path("data").unlink()
    tab.load_home()
    assert not tab.failure


def test_a_search_that_finds_nothing_is_not_an_empty_table(tab: Ui) -> None:
    live().database.insert("Customer", {"name": "Ada"})
    tab._show_table("customer")
    tab.find("zzz")
    assert tab.view["state"] == "nothing_found"
    tab.find("")
    assert labels(tab) == ["Ada"]


def test_sorting_goes_up_then_down_then_back(tab: Ui) -> None:
    for name in ("Bea", "Ada", "Cyd"):
        live().database.insert("Customer", {"name": name})
    tab._show_table("customer")
    seen = []
    for _ in range(3):
        tab.sort_by("name")
        seen.append(labels(tab))
    assert seen == [["Ada", "Bea", "Cyd"], ["Cyd", "Bea", "Ada"], ["Bea", "Ada", "Cyd"]]


def test_a_column_that_is_not_there_sorts_nothing(tab: Ui) -> None:
    live().database.insert("Customer", {"name": "Ada"})
    tab._show_table("customer")
    tab.sort_by("no_such_column")
    assert labels(tab) == ["Ada"]


def test_pages_are_turned_and_resized(tab: Ui) -> None:
    for number in range(30):
        live().database.insert("Customer", {"name": f"C{number:02}"})
    tab._show_table("customer")
    tab.turn(1)
    assert labels(tab) == ["C25", "C26", "C27", "C28", "C29"]
    tab.resize("10")
    assert (len(tab.rows), tab.pager["pages"]) == (10, 3)
    tab.resize("1000000")
    assert len(tab.rows) == 10


def test_deleting_the_last_row_of_the_last_page_shows_the_page_before(tab: Ui) -> None:
    for number in range(11):
        live().database.insert("Customer", {"name": f"C{number:02}"})
    tab._show_table("customer")
    tab.resize("10")
    tab.turn(1)
    tab.ask_delete("11", "C10")
    tab.delete()
    assert (tab.pager["page"], len(tab.rows)) == (1, 10)


def test_a_record_is_added(tab: Ui) -> None:
    tab._show_table("customer")
    tab.add()
    assert tab.form["open"]
    tab.save({"name": "Ada", "email": "ada@example.com"})
    assert not tab.form["open"]
    assert labels(tab) == ["Ada"]
    assert tab.tables[0]["count"] == "1"


def test_all_that_is_wrong_is_shown_at_once_and_the_form_stays(tab: Ui) -> None:
    tab._show_table("customer")
    tab.add()
    tab.save({"name": "", "email": "nonsense"})
    assert tab.form["open"]
    assert all(each["error"] for each in tab.inputs)
    assert live().database.counts()["Customer"] == 0


def test_a_value_that_must_be_unique_is_refused_beside_its_input(tab: Ui) -> None:
    live().database.insert("Customer", {"name": "Ada", "email": "ada@example.com"})
    tab._show_table("customer")
    tab.add()
    tab.save({"name": "Bea", "email": "ada@example.com"})
    assert [bool(each["error"]) for each in tab.inputs] == [False, True]


def test_a_record_is_changed(tab: Ui) -> None:
    live().database.insert("Customer", {"name": "Ada"})
    tab._show_table("customer")
    tab.edit("1")
    assert tab.inputs[0]["value"] == "Ada"
    tab.save({"name": "Ada L.", "email": ""})
    assert labels(tab) == ["Ada L."]


def test_a_record_that_somebody_else_deleted_is_said_to_be_gone(tab: Ui) -> None:
    live().database.insert("Customer", {"name": "Ada"})
    tab._show_table("customer")
    tab.edit("1")
    live().database.delete("Customer", 1)
    tab.save({"name": "Ada L."})
    assert "deleted" in tab.form["error"]
    assert tab.form["open"]
    tab.close()
    assert tab.edit("1") is not None
    assert not tab.form["open"]


def test_a_record_in_use_stays_and_the_question_says_why(tab: Ui) -> None:
    live().database.insert("Customer", {"name": "Ada"})
    live().database.insert("Order", {"number": "1", "customer": 1})
    tab._show_table("customer")
    tab.ask_delete("1", "Ada")
    tab.delete()
    assert tab.question["open"]
    assert tab.question["problem"]
    assert live().database.counts()["Customer"] == 1


def test_a_picker_searches_and_picks_a_record(tab: Ui) -> None:
    for name in ("Ada", "Bea"):
        live().database.insert("Customer", {"name": name})
    tab._show_table("order")
    tab.add()
    tab.pick_search("customer", "be")
    assert [option["text"] for option in tab.picker["options"]] == ["Bea"]
    tab.pick("customer", "2", "Bea")
    assert (tab.inputs[1]["value"], tab.inputs[1]["shown"]) == ("2", "Bea")
    assert tab.picker["field"] == ""


def test_a_picker_of_no_reference_is_refused(tab: Ui) -> None:
    tab._show_table("order")
    with pytest.raises(LookupError):
        tab.pick_search("number", "")
