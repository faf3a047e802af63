"""What a tab does with views, against a real database; and where the parts of charts stand."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataforms.spec import AppSpec, Card, Entity, Field, View, encode
from dataforms.types_time import wall_clock
from dataforms.ui.live import forget, live
from dataforms.ui.state import Ui
from dataforms.ui.views.geometry import area_path, line_path, points, sizes, slices
from dataforms.ui.views.present_charts import range_of

TASK = Entity(
    name="Task",
    title="Task",
    plural="Tasks",
    fields=(
        Field(name="title", title="Title", type="text", required=True),
        Field(name="state", title="State", type="enum", choices=("Open", "Done")),
        Field(name="owner", title="Owner", type="reference", target="Person"),
        Field(name="start", title="Start", type="datetime"),
        Field(name="end", title="End", type="datetime"),
        Field(name="hours", title="Hours", type="integer"),
    ),
    views=(
        View(name="board", title="Board", kind="board", by="state", total="hours"),
        View(name="owners", title="Owners", kind="board", by="owner"),
        View(name="plan", title="Plan", kind="calendar", start="start", end="end", color="state"),
        View(name="cards", title="Cards", kind="gallery", fields=("state",)),
    ),
)
PERSON = Entity(
    name="Person", title="Person", fields=(Field(name="name", title="Name", type="text", required=True),)
)
DASHBOARD = View(
    name="all",
    title="All",
    kind="dashboard",
    filters=("state", "owner"),
    cards=(
        Card(title="Tasks", entity="Task"),
        Card(title="Hours", entity="Task", aggregate="sum", value="hours", date="start"),
        Card(title="By owner", kind="bar", entity="Task", group="owner", limit=1),
        Card(title="By state", kind="pie", entity="Task", group="state"),
        Card(title="By day", kind="line", entity="Task", group="start", every="day"),
    ),
)
SPEC = AppSpec(name="work", title="Work", entities=(TASK, PERSON), views=(DASHBOARD,))


@pytest.fixture
def tab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ui]:
    (tmp_path / "appspec.json").write_bytes(encode(SPEC))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    forget()
    database = live().database
    for name in ("Ada", "Bea"):
        database.insert("Person", {"name": name})
    for title, state, owner, hours in (("A", "Open", 1, 3), ("B", "Done", 1, 5), ("C", None, 2, None)):
        start = datetime.combine(date(2024, 5, 8), time(10))
        values = {"title": title, "state": state, "owner": owner, "hours": hours}
        database.insert("Task", {**values, "start": start, "end": start.replace(day=9)})
    yield Ui(_reflex_internal_init=True)  # type: ignore[call-arg]  # how Reflex itself makes one
    forget()


def shown(tab: Ui, monkeypatch: pytest.MonkeyPatch, *parts: str) -> None:
    monkeypatch.setattr(Ui, "_address", lambda self: list(parts))
    if parts[0] == "v":
        tab.load_view()
    else:
        tab.load_detail()
    assert not tab.failure


def board(tab: Ui) -> dict[str, list[str]]:
    return {lane["title"]: [item["label"] for item in lane["items"]] for lane in tab.lanes}


def value(id: int, name: str) -> object:
    found = live().database.get("Task", id)
    return None if found is None else found.values[name]


def test_a_board_has_a_column_for_each_choice_with_counts_and_sums(
    tab: Ui, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown(tab, monkeypatch, "v", "task-board")
    assert board(tab) == {"Open": ["A"], "Done": ["B"], "Not set": ["C"]}
    assert [lane["total"] for lane in tab.lanes] == ["3", "5", "0"]
    assert [way["href"] for way in tab.ways] == [
        "/t/task", "/v/task-board", "/v/task-owners", "/v/task-plan", "/v/task-cards",
    ]  # fmt: skip


def test_a_card_is_moved_and_a_place_that_is_not_there_changes_nothing(
    tab: Ui, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown(tab, monkeypatch, "v", "task-board")
    tab.move_card("1", "1")
    assert board(tab) == {"Open": [], "Done": ["B", "A"], "Not set": ["C"]}
    assert tab.move_card("1", "7") is None
    assert tab.move_card("x", "0") is None
    tab.move_card("999", "0")
    assert value(1, "state") == "Done"
    shown(tab, monkeypatch, "v", "task-owners")
    assert board(tab) == {"Ada": ["B", "A"], "Bea": ["C"]}
    tab.move_card("1", "2")
    assert value(1, "owner") == 2


def test_a_card_that_others_move_is_followed(tab: Ui, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(tab, monkeypatch, "v", "task-board")
    live().database.update("Task", 1, {"state": "Done"})
    tab.refresh()
    assert board(tab)["Done"] == ["B", "A"]


def test_a_new_record_starts_with_the_column_or_the_day(tab: Ui, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(tab, monkeypatch, "v", "task-board")
    tab.lane_add("1")
    assert {each["name"]: each["value"] for each in tab.inputs}["state"] == "Done"
    shown(tab, monkeypatch, "v", "task-plan")
    tab.day_add("2024-05-20")
    assert {each["name"]: each["value"] for each in tab.inputs}["start"] == "2024-05-20T09:00"


def test_a_record_is_moved_in_a_calendar_with_its_time_and_length(
    tab: Ui, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown(tab, monkeypatch, "v", "task-plan")
    tab.calendar_week("2024-05-08")
    assert [len(day["events"]) for day in tab.calendar["days"]] == [0, 0, 3, 3, 0, 0, 0]
    tab.move_event("1", "2024-05-11", "2024-05-09")
    assert (value(1, "start"), value(1, "end")) == (
        datetime(2024, 5, 10, 10),  # noqa: DTZ001 - these carry no zone
        datetime(2024, 5, 11, 10),  # noqa: DTZ001
    )
    assert [len(day["events"]) for day in tab.calendar["days"]] == [0, 0, 2, 2, 1, 1, 0]


def test_a_calendar_turns_by_what_it_shows_and_back_to_today(
    tab: Ui, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown(tab, monkeypatch, "v", "task-plan")
    assert len(tab.calendar["days"]) == 42
    assert any(
        day["iso"] == wall_clock().date().isoformat() and "is-today" in day["look"]
        for day in tab.calendar["days"]
    )
    tab.calendar_week("2024-05-08")
    tab.calendar_turn(1)
    assert tab.calendar["days"][0]["iso"] == "2024-05-13"
    tab.calendar_mode("agenda")
    assert len(tab.calendar["days"]) == 31
    tab.calendar_turn(-1)
    assert tab.calendar["title"] == "Apr 2024"
    tab.calendar_turn(0)
    assert tab.calendar["days"][0]["iso"] == wall_clock().date().replace(day=1).isoformat()


def test_a_calendar_of_other_times_leads_to_the_nearest_record(
    tab: Ui, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown(tab, monkeypatch, "v", "task-plan")
    assert (tab.calendar["busy"], tab.calendar["nearest"]) == (False, "2024-05-08")
    tab.calendar_go("2024-04-01")
    assert (tab.calendar["busy"], tab.calendar["nearest"]) == (False, "2024-05-08")
    tab.calendar_go("2024-05-08")
    assert (tab.calendar["busy"], tab.calendar["nearest"]) == (True, "")


def test_a_dashboard_adds_up_what_is_left_by_its_filters(tab: Ui, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(tab, monkeypatch, "v", "all")

    def figures() -> list[object]:
        return [
            chart["number"] or [(bar["label"], bar["text"]) for bar in chart["bars"]]
            for chart in tab.dashboard["charts"]
        ]

    assert figures() == [
        "3",
        "8",
        [("Ada", "2"), ("Others", "1")],
        [("Open", "1"), ("Done", "1"), ("Not set", "1")],
        [("8 May 2024", "3")],
    ]
    tab.dashboard_pick("state", "Done")
    assert figures()[:2] == ["1", "5"]
    tab.dashboard_pick("state", "")
    tab.dashboard_pick("owner", "2")
    assert figures()[:2] == ["1", "0"]
    tab.dashboard_pick("owner", "")
    tab.dashboard_day("last", "2024-05-07")
    assert figures()[:2] == ["3", "0"]
    tab.dashboard_day("last", "nonsense")
    assert tab.dashboard["span"] == "own"


def test_a_record_is_shown_with_its_neighbours_and_what_refers_to_it(
    tab: Ui, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown(tab, monkeypatch, "t", "person", "1")
    assert (tab.detail["label"], tab.detail["before"], tab.detail["after"]) == ("Ada", "", "/t/person/2")
    [related] = tab.detail["related"]
    assert [row["label"] for row in related["rows"]] == ["B", "A"]
    tab.add_related("task.owner")
    tab.save({"title": "D", "owner": "1"})
    assert tab.detail["related"][0]["count"] == "3"
    tab.edit_shown()
    tab.save({"name": "Ada King"})
    assert tab.detail["label"] == "Ada King"
    shown(tab, monkeypatch, "t", "task", "1")
    assert [fact["href"] for fact in tab.detail["facts"] if fact["label"] == "Owner"] == ["/t/person/1"]


@pytest.mark.parametrize("record", ["99", "x", "-1", "9" * 40])
def test_a_record_that_is_not_there_is_said_so(tab: Ui, monkeypatch: pytest.MonkeyPatch, record: str) -> None:
    shown(tab, monkeypatch, "t", "person", record)
    assert tab.vista["state"] == "gone"


def test_a_view_that_is_not_there_is_said_so(tab: Ui, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(tab, monkeypatch, "v", "nothing")
    assert tab.vista["state"] == "unknown"


def test_a_table_is_as_it_was_after_a_look_at_a_view(tab: Ui, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(tab, monkeypatch, "v", "task-cards")
    assert [item["label"] for item in tab.items] == ["C", "B", "A"]
    tab._show_table("task")
    assert len(tab.rows) == 3
    assert tab.ways[0]["current"]


numbers = st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=1, max_size=40)


@given(values=numbers)
def test_lines_stay_in_their_square_and_bars_in_their_length(values: list[float]) -> None:
    assert all(0 <= x <= 100 and 0 <= y <= 100 for x, y in points(values))
    assert all(0 <= size <= 100 for size in sizes(values))
    for path in (line_path(values), area_path(values)):
        assert re.fullmatch(r"M[\d. ]+(L[\d. e-]+)*Z?", path)


@given(values=numbers)
def test_a_ring_has_a_part_for_every_positive_value(values: list[float]) -> None:
    assert [bool(path) for path in slices(values)] == [value > 0 for value in values]


@given(day=st.dates(date(1900, 1, 1), date(2900, 1, 1)), name=st.sampled_from(["month", "quarter", "year"]))
def test_a_range_that_is_now_holds_today(day: date, name: str) -> None:
    first, last = range_of(name, day)
    assert first is not None
    assert last is not None
    assert first <= day <= last
    before = range_of(f"last_{name}", day)
    assert before == (None, None) or (before[1] is not None and before[1] < first)
