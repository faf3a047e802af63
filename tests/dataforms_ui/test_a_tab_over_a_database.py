"""What a browser tab can do in an app over another program's database: all that reads, and no more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from music import INVOICES, make_sqlite, over, state_of

from dataforms.errors import ReadOnly
from dataforms.origin import VARIABLE
from dataforms.spec import encode
from dataforms.ui.live import forget
from dataforms.ui.state import Ui


@pytest.fixture
def source(tmp_path: Path) -> str:
    (tmp_path / "theirs").mkdir()
    make_sqlite(tmp_path / "theirs" / "music.db")
    return f"sqlite:///{tmp_path}/theirs/music.db"


@pytest.fixture
def tab(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ui]:
    (tmp_path / "appspec.json").write_bytes(encode(over(source).spec))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv(VARIABLE, source)
    forget()
    yield Ui(_reflex_internal_init=True)  # type: ignore[call-arg]  # how Reflex itself makes one
    forget()


def labels(tab: Ui) -> list[str]:
    return [row["label"] for row in tab.rows]


def test_pages_show_the_rows_and_offer_nothing_that_writes(tab: Ui) -> None:
    tab._show_home()
    counts = {table["title"]: table["count"] for table in tab.tables}
    assert counts["Invoice"] == str(INVOICES)
    tab._show_table("track")
    tab.find("track 30")
    assert labels(tab) == ["Track 30"]
    assert tab.may == {"create": False, "update": False, "delete": False}
    tab._show_table("artist")
    tab.sort_by("name")
    tab.sort_by("name")
    assert labels(tab)[0] == "Artist 5"


def test_no_event_changes_a_byte_there(tab: Ui, source: str) -> None:
    before = state_of(source)
    new = {"name": "New"}
    tab._show_table("artist")
    tab.add()
    assert tab.form["shut"]
    tab.save(new)
    tab.edit("1")
    assert tab.form["shut"]
    tab.save(new)
    tab.form = {**tab.form, "shut": False}
    tab.save(new)
    assert tab.form["error"].startswith("The rows of this app are in a database that it only reads.")
    tab._show_table("artist")
    tab.ask_delete("5", "Artist 5")
    tab.delete()
    tab.open_cell("1", "name")
    tab.save_cell(new)
    tab.tick("1", False)
    tab.ask_change()
    tab.take_field("name")
    tab.change_many(new)
    assert tab.many["problem"].startswith("The rows of this app are in a database that it only reads.")
    tab.ask_delete_many()
    tab.delete_selected()
    assert tab.many["problem"].startswith("The rows of this app are in a database that it only reads.")
    with pytest.raises(ReadOnly):
        tab.undo("artist", [1])
    assert state_of(source) == before
    tab._show_table("artist")
    assert labels(tab) == [f"Artist {each}" for each in range(1, 6)]
