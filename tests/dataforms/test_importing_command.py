"""`python -m dataforms.importing`: what a person types, and what they are told."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataforms.access import EVERYTHING
from dataforms.database import Database, Query
from dataforms.importing.__main__ import main
from dataforms.importing.messages import Message, Refused, Request
from dataforms.importing.runs import cancel, messages
from dataforms.spec import AppSpec, Entity, Field, encode

SPEC = AppSpec(
    name="shop",
    title="Shop",
    entities=(
        Entity(
            name="Item",
            title="Item",
            plural="Items",
            fields=(
                Field(name="code", title="Code", type="text", required=True, unique=True),
                Field(name="price", title="Price", type="money", currency="EUR"),
            ),
        ),
    ),
)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (tmp_path / "appspec.json").write_bytes(encode(SPEC))
    (tmp_path / "items.csv").write_text("Code,Cost\nA,1\nB,x\nC,3\n")
    database = Database(SPEC, f"sqlite:///{tmp_path}/data/app.db")
    database.create()
    yield database
    database.close()


def prices(database: Database) -> dict[object, object]:
    return {row.values["code"]: row.values["price"] for row in database.page("Item", Query()).rows}


def test_a_dry_run_tells_and_does_nothing(shop: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["items", "items.csv", "--map", "Cost=price", "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "3 rows: 2 would be added, 0 would be changed, 0 unchanged, 0 skipped, 1 left out" in told
    assert "row 3, Cost 'x': Must be a number" in told
    assert prices(shop) == {}


def test_rows_are_stored_and_the_faulty_ones_written_out(shop: Database) -> None:
    assert main(["Item", "items.csv", "--map", "Cost=price", "--faulty", "left.csv"]) == 0
    assert prices(shop) == {"A": 1, "C": 3}
    header, row = Path("left.csv").read_text("utf-8-sig").splitlines()
    assert header == "Row,Column,Reason,Code,Cost"
    assert row.startswith("3,Cost,")
    assert main(["Item", "items.csv", "--map", "Cost=price", "--existing", "refuse"]) == 0
    assert prices(shop) == {"A": 1, "C": 3}


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["Itm", "items.csv"], "There is no entity 'Itm'.", "Did you mean 'Item'?"),
        (
            ["Item", "items.csv", "--map", "Cos=price"],
            "The file has no column 'Cos'.",
            "Did you mean 'Cost'?",
        ),
        (["Item", "none.csv"], "cannot be read: No such file or directory", "check the file"),
        (["Item", "items.csv", "--key", "price"], "Rows are to be matched by 'price'", "Map a column to it"),
        (["Item", "items.csv", "--map", "Cost=cost"], "Item has no field 'cost'", "Known are: code, price."),
    ],
)
def test_a_mistake_is_told_with_what_helps(
    shop: Database, capsys: pytest.CaptureFixture[str], words: list[str], message: str, hint: str
) -> None:
    assert main(words) == 1
    told = capsys.readouterr().err
    assert message in told
    assert hint in told
    assert prices(shop) == {}


def test_outside_an_app_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["Item", "items.csv"]) == 1
    assert "Go into the folder of an app first." in capsys.readouterr().err


@pytest.mark.anyio
async def test_an_import_is_cancelled_even_before_its_process_is_there(shop: Database) -> None:
    path = "items.csv"
    request = Request(do="look", path=path, name="items.csv", entity="Item", url=shop.url, access=EVERYTHING)
    heard: list[Message] = []

    async def listen() -> None:
        heard.extend([message async for message in messages(request)])

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0)  # the process is asked for, and not there yet
    cancel(path)
    await listening
    assert heard == [Refused(message="The import was cancelled; nothing of it was kept.")]
