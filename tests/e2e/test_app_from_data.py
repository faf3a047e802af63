"""From a file or a spec to a served app, and what a person is told when it cannot be."""

import copy
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from protoddfd.errors import (
    AppExists,
    AppUnknown,
    DesignRefused,
    NameInvalid,
    SourceRefused,
    SpecInvalid,
    TemplateUnknown,
)
from protoddfd.spec import decode
from testbed import SPEC, Daemon, http

pytestmark = pytest.mark.e2e

CSV = "Name;Born;Height;Member\nAda;10.12.1815;1,65;yes\nGrace;09.12.1906;1,68;no\n"


def leftovers(daemon: Daemon, name: str) -> list[str]:
    """Return what is on disk, on the map or in the list under a name."""
    folders = [str(path) for path in daemon.generated.iterdir() if path.name == name or path.name[0] == "."]
    ports = [str(row) for row in daemon.call("port.list")["ports"] if row["app"] == name]
    return folders + ports


def test_a_csv_becomes_a_running_app_with_typed_rows(shared: Daemon, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(CSV)
    app = shared.create("people", sources=[{"path": str(tmp_path / "people.csv")}])
    assert (app.state, app.served_by, app.bundle.state) == ("ready", "zygote", "shared")
    assert http(app.ports.frontend)[0] == 200
    assert http(app.ports.backend, "/ping") == (200, b'"pong"')
    with sqlite3.connect(Path(app.path) / "data" / "app.db") as database:
        columns = {row[1]: row[2] for row in database.execute("PRAGMA table_info(person)")}
        rows = database.execute("SELECT count(*) FROM person").fetchone()
    database.close()
    assert set(columns) == {"id", "name", "born", "height", "member"}
    assert columns["member"] in ("INTEGER", "BOOLEAN")
    assert rows == (2,)


def test_a_text_handed_over_in_chunks_is_the_same_as_a_file(shared: Daemon) -> None:
    first = shared.call("source.put", name="cities.csv", chunk_base64="Y2l0eSxwZW9wbGUK", last=False)
    whole = shared.call("source.put", name="x", chunk_base64="Qm9ubiwxMApVbG0sMjAK", last=True, **first)
    app = shared.create("cities", sources=[whole])
    assert app.state == "ready"
    assert not list((shared.home / "uploads").iterdir())


def test_an_app_that_is_not_to_start_has_its_ports_and_refuses_clients(shared: Daemon) -> None:
    app = shared.create("waiting", start=False)
    assert (app.state, app.wanted, app.instances) == ("down", "down", ())
    with pytest.raises(ConnectionRefusedError):
        http(app.ports.frontend)


@pytest.mark.parametrize("name", ["", "My Sales", "9lives", "class", "a-b", "../x", "a" * 41, "ключ", "a\nb"])
def test_a_name_that_cannot_be_is_refused_with_one_that_can(shared: Daemon, name: str) -> None:
    with pytest.raises(NameInvalid) as refused:
        shared.create(name)
    assert "try '" in refused.value.hint


def test_a_name_that_is_taken_is_refused_and_the_app_untouched(shared: Daemon) -> None:
    before = shared.create("taken")
    with pytest.raises(AppExists):
        shared.create("taken")
    after = shared.app("taken")
    assert [each.pid for each in after.instances] == [each.pid for each in before.instances]


def test_a_folder_that_is_there_already_is_not_touched(shared: Daemon) -> None:
    own = shared.generated / "mine"
    own.mkdir()
    (own / "work.txt").write_text("precious")
    with pytest.raises(AppExists):
        shared.create("mine")
    assert (own / "work.txt").read_text() == "precious"


def test_ten_faults_of_a_spec_are_all_told_with_their_places(shared: Daemon) -> None:
    spec: dict[str, Any] = copy.deepcopy(SPEC)
    customer, order = (entity["fields"] for entity in spec["entities"])
    customer[0]["type"] = "txt"
    customer[1]["name"] = "E-Mail"
    customer.append({"name": "id", "title": "Id", "type": "text"})
    customer.append({"name": "size", "title": "Size", "type": "enum"})
    customer.append({"name": "age", "title": "Age", "type": "integer", "min": 9, "max": 1})
    order[1]["target"] = "Custommer"
    order.append({"name": "code", "title": "Code", "type": "text", "pattern": "("})
    order.append({"name": "n", "title": "N", "type": "integer", "default": "many"})
    order.append({"name": "number", "title": "Again", "type": "text"})
    spec["theme"] = {"accent": "blurple"}
    with pytest.raises(SpecInvalid) as refused:
        shared.create("faulty", spec=spec)
    places = {problem.path for problem in refused.value.problems}
    assert len(places) >= 10, places
    assert all(problem.message for problem in refused.value.problems)
    assert leftovers(shared, "faulty") == []


def test_a_picture_called_csv_is_refused_for_what_it_is(shared: Daemon, tmp_path: Path) -> None:
    picture = tmp_path / "sales.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(200))
    with pytest.raises(SourceRefused, match="PNG") as refused:
        shared.create("picture", sources=[{"path": str(picture)}])
    assert refused.value.hint
    assert leftovers(shared, "picture") == []


def test_a_file_that_is_not_there_is_named(shared: Daemon) -> None:
    with pytest.raises(SourceRefused, match=r"sales\.csv: .*No such file"):
        shared.create("nofile", sources=[{"path": "/nowhere/sales.csv"}])
    assert leftovers(shared, "nofile") == []


def test_an_unknown_template_is_an_error_that_lists_the_known(shared: Daemon) -> None:
    with pytest.raises(TemplateUnknown) as refused:
        shared.create("odd", template="nope")
    assert "data_app" in refused.value.hint


def test_nothing_to_make_an_app_from_is_an_error(shared: Daemon) -> None:
    with pytest.raises(DesignRefused):
        shared.create("empty", spec=None)


def test_an_unknown_app_is_an_error_that_says_what_there_is(shared: Daemon) -> None:
    with pytest.raises(AppUnknown):
        shared.call("app.show", name="nobody")


def test_a_description_in_words_becomes_a_running_app(shared: Daemon) -> None:
    text = "Members with name and email, books with title and author, and loans with a due date."
    app = shared.create("shelf", spec=None, description=text)
    assert (app.state, app.served_by, app.bundle.state) == ("ready", "zygote", "shared")
    assert http(app.ports.frontend)[0] == 200
    spec = decode((Path(app.path) / "appspec.json").read_bytes())
    assert [entity.name for entity in spec.entities] == ["Member", "Book", "Loan"]
    assert "due_date" in {field.name for field in spec.entity("Loan").fields}


def test_a_description_is_proposed_with_a_name_and_reasons(shared: Daemon) -> None:
    proposal = shared.call("spec.propose", description="Kennel: dogs with name, breed and date of birth.")
    assert (proposal["spec"]["name"], proposal["designer"]) == ("kennel", "rules")
    assert any("breed" in note or "dog" in note for note in proposal["notes"])
    assert shared.call("spec.check", spec=proposal["spec"]) == {"problems": []}


def test_a_description_of_nothing_makes_nothing(shared: Daemon) -> None:
    with pytest.raises(DesignRefused) as refused:
        shared.create("nothing", spec=None, description="hello there")
    assert "members with name" in refused.value.hint
    assert leftovers(shared, "nothing") == []


def test_proposing_makes_nothing(shared: Daemon, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(CSV)
    proposal = shared.call("spec.propose", sources=[{"path": str(tmp_path / "people.csv")}])
    types = {field["name"]: field["type"] for field in proposal["spec"]["entities"][0]["fields"]}
    assert types == {"name": "text", "born": "date", "height": "decimal", "member": "boolean"}
    assert shared.call("spec.check", spec=proposal["spec"]) == {"problems": []}
