"""An app gets another spec while people use it: no request fails, no record is lost, or nothing changes."""

import copy
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from load import Load
from protoddfd.errors import ProtoddfError
from testbed import SPEC, Daemon, http, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.long]
COMMAND = "import sys; from protoddfctl.cli import main; sys.exit(main())"
OWN_PAGE = """

import reflex as rx

app.add_page(lambda: rx.heading("Hello"), route="/hello", title="Hello")
"""
ROWS = [("Ada", "ada@example.com"), ("Bob", None)]


def renamed() -> dict[str, Any]:
    """Return the small spec with one field under another name, one more, and one entity less."""
    spec = copy.deepcopy(SPEC)
    customer = spec["entities"][0]
    customer["fields"][1] = {"name": "mail", "title": "Mail", "type": "email"}
    customer["fields"].append(
        {"name": "vip", "title": "VIP", "type": "boolean", "required": True, "default": False}
    )
    del spec["entities"][1]
    return spec


def filled(daemon: Daemon, name: str) -> Path:
    """Make an app with two customers; return its database."""
    app = daemon.create(name)
    path = Path(app.path) / "data" / "app.db"
    assert http(app.ports.frontend)[0] == 200
    wait_for(path.exists)
    wait_for(lambda: "customer" in tables(path))
    with closing(sqlite3.connect(path)) as database, database:
        database.executemany("INSERT INTO customer (name, email) VALUES (?, ?)", ROWS)
        database.execute("INSERT INTO \"order\" (number, customer) VALUES ('A1', 1)")
    return path


def tables(path: Path) -> list[str]:
    return [name for (name,) in ask(path, "SELECT name FROM sqlite_master WHERE type = 'table'")]


def ask(path: Path, question: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(question).fetchall()


@pytest.mark.parametrize("instances", [1, 2])
def test_an_update_under_load_fails_no_request_and_keeps_the_records(shared: Daemon, instances: int) -> None:
    name = f"busy_{instances}"
    path = filled(shared, name)
    shared.call("app.scale", name=name, instances=instances)
    app = shared.app(name)
    before = shared.pids(name)
    asked = {"name": name, "spec": renamed(), "renames": {"Customer.email": "mail"}}
    with Load(app.ports.backend) as load, Load(app.ports.frontend, "/", keep_alive=True) as pages:
        wait_for(lambda: load.answered > 50 and pages.answered > 50)
        plan = shared.call("app.update", **asked, dry_run=True)["plan"]
        assert [(loss["kind"], loss["name"], loss["rows"]) for loss in plan["losses"]] == [
            ("records", "Order", 1)
        ]
        updated = shared.call("app.update", **asked, expect=plan["hash"], confirm_lossy=True)
        assert (updated["app"]["state"], updated["app"]["spec_revision"]) == ("ready", 2)
        reached, seen = load.answered, pages.answered
        wait_for(lambda: load.answered > reached + 50 and pages.answered > seen + 50)
    assert not load.failures
    assert not pages.failures
    assert not set(before) & set(shared.pids(name))
    assert ask(path, "SELECT name, mail, vip FROM customer ORDER BY id") == [(*row, 0) for row in ROWS]
    folder = Path(app.path)
    assert sorted(each.name for each in (folder / "migrations").iterdir()) == [
        "0001_first_spec.json", f"{plan['name']}.json",
    ]  # fmt: skip
    assert json.loads((folder / "appspec.json").read_bytes())["name"] == name
    assert (folder / "tests" / "appspec.json").read_bytes() == (folder / "appspec.json").read_bytes()
    shared.call("app.stop", name=name)


def test_the_code_and_the_pages_of_an_app_stay_as_they_were_edited(shared: Daemon) -> None:
    filled(shared, "edited")
    app = shared.app("edited")
    folder = Path(app.path)
    module = folder / "edited_app" / "edited.py"
    with module.open("a") as file:
        file.write(OWN_PAGE)
    (folder / "tests" / "test_own.py").write_text("def test_own() -> None:\n    pass\n")
    (folder / "notes.md").write_text("mine\n")
    shared.call("app.restart", name="edited", wait_s=120)
    spec = copy.deepcopy(SPEC)
    spec["entities"][0]["fields"].append(
        {"name": "orders", "title": "Orders", "type": "references", "target": "Order"}
    )
    before = contents(folder)
    plan = shared.call("app.update", name="edited", spec=spec, dry_run=True)["plan"]
    shared.call("app.update", name="edited", spec=spec, expect=plan["hash"], wait_s=120)
    changed = {path for path, content in contents(folder).items() if before.get(path) != content}
    assert changed == {"appspec.json", "tests/appspec.json", f"migrations/{plan['name']}.json"}
    assert http(app.ports.frontend, "/hello")[0] == 200
    assert ask(folder / "data" / "app.db", 'SELECT count(*) FROM "customer__orders"') == [(0,)]
    shared.call("app.stop", name="edited")


def contents(folder: Path) -> dict[str, bytes]:
    """Return what is in an app's own files by their paths: not its data, nor what was built of it."""
    own = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    named = {str(path.relative_to(folder)): path for path in own}
    return {
        name: path.read_bytes()
        for name, path in named.items()
        if not name.startswith(("data/", ".")) and "__pycache__" not in name
    }


def test_an_update_is_refused_without_its_plan_or_with_an_old_one(shared: Daemon) -> None:
    path = filled(shared, "strict")
    asked = {"name": "strict", "spec": renamed()}
    plan = shared.call("app.update", **asked, dry_run=True)["plan"]
    assert plan["questions"] == [{"kind": "field", "name": "Customer.email", "candidates": ["mail", "vip"]}]
    pids = shared.pids("strict")
    with pytest.raises(ProtoddfError, match="names the plan"):
        shared.call("app.update", **asked)
    with pytest.raises(ProtoddfError, match="something would be lost"):
        shared.call("app.update", **asked, expect=plan["hash"])
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("INSERT INTO customer (name, email) VALUES ('Cy', 'cy@example.com')")
    with pytest.raises(ProtoddfError, match="changed since the plan"):
        shared.call("app.update", **asked, expect=plan["hash"], confirm_lossy=True)
    assert shared.pids("strict") == pids
    spec = renamed()
    del spec["entities"][0]["fields"][2]["default"]
    plan = shared.call("app.update", name="strict", spec=spec, dry_run=True)["plan"]
    assert [(each["name"], each["rows"]) for each in plan["obstacles"]] == [("Customer.vip", 3)]
    with pytest.raises(ProtoddfError, match="not possible"):
        shared.call("app.update", name="strict", spec=spec, expect=plan["hash"], confirm_lossy=True)
    assert shared.pids("strict") == pids


def test_a_migration_that_fails_leaves_the_app_running_as_before(shared: Daemon) -> None:
    path = filled(shared, "fragile")
    app = shared.app("fragile")
    spec = (Path(app.path) / "appspec.json").read_bytes()
    asked = {"name": "fragile", "spec": renamed()}
    plan = shared.call("app.update", **asked, dry_run=True)["plan"]
    (Path(app.path) / "migrations" / f"{plan['name']}.json").mkdir()  # in the way of its file
    with Load(app.ports.backend) as load:
        wait_for(lambda: load.answered > 20)
        with pytest.raises(ProtoddfError):
            shared.call("app.update", **asked, expect=plan["hash"], confirm_lossy=True)
        shared.wait_state("fragile", "ready")
        reached = load.answered
        wait_for(lambda: load.answered > reached + 20)
    assert not load.failures
    assert (Path(app.path) / "appspec.json").read_bytes() == spec
    assert ask(path, "SELECT name, email FROM customer ORDER BY id") == ROWS
    assert shared.app("fragile").spec_revision == 1


def test_a_change_may_take_longer_than_a_start(shared: Daemon) -> None:
    path = filled(shared, "large")
    app = shared.app("large")
    shared.call("app.set", name="large", start_timeout_s=1.0)
    with closing(sqlite3.connect(path)) as database, database:
        rows = ((f"Name {number}", f"n{number}@example.com") for number in range(100_000))
        database.executemany("INSERT INTO customer (name, email) VALUES (?, ?)", rows)
    spec = copy.deepcopy(SPEC)
    spec["entities"][0]["fields"][1]["type"] = "text"
    plan = shared.call("app.update", name="large", spec=spec, dry_run=True)["plan"]
    assert plan["losses"] == []
    with Load(app.ports.backend) as load:
        wait_for(lambda: load.answered > 20)
        shared.call("app.update", name="large", spec=spec, expect=plan["hash"])
        reached = load.answered
        wait_for(lambda: load.answered > reached + 20)
    assert not load.failures
    assert shared.app("large").state == "ready"
    assert ask(path, "SELECT count(*) FROM customer") == [(100_002,)]


def test_an_app_that_is_down_is_updated_and_stays_down(shared: Daemon) -> None:
    app = shared.create("resting", start=False)
    plan = shared.call("app.update", name="resting", spec=renamed(), dry_run=True)["plan"]
    done = shared.call("app.update", name="resting", spec=renamed(), expect=plan["hash"])
    assert done["app"]["state"] == "down"
    shared.call("app.start", name="resting")
    assert http(app.ports.frontend)[0] == 200


def test_the_command_shows_asks_and_updates(shared: Daemon, tmp_path: Path) -> None:
    path = filled(shared, "spoken")
    file = tmp_path / "spec.json"
    file.write_text(json.dumps(renamed(), indent=2))

    def update(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", COMMAND, "--socket", str(shared.socket), "update", "spoken",
             str(file), *words],
            env=os.environ, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    shown = update("--dry-run")
    assert shown.returncode == 0
    assert "- Customer.email is removed, with its values" in shown.stdout
    assert "add --rename Customer.email=mail" in shown.stdout
    assert "lost: 1 record of Order goes." in shown.stdout
    refused = update("--rename", "Customer.email=mail")
    assert refused.returncode == 1
    assert "say --yes" in refused.stdout
    assert ask(path, "SELECT email FROM customer WHERE id = 1") == [("ada@example.com",)]
    done = update("--rename", "Customer.email=mail", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert "spoken is ready, at revision 2 of its spec" in done.stdout
    assert ask(path, "SELECT mail FROM customer WHERE id = 1") == [("ada@example.com",)]
    assert update().stdout == "nothing is different\n"


def test_an_app_without_a_spec_says_what_to_do(shared: Daemon, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name\nAda\n")

    def update(*words: str) -> str:
        ran = subprocess.run(
            [sys.executable, "-c", COMMAND, "--socket", str(shared.socket), "update", *words],
            env=os.environ, capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL, cwd=tmp_path,
        )  # fmt: skip
        assert (ran.returncode, ran.stdout) == (1, "")
        return ran.stderr

    bare = shared.create("bare", template="blank", spec=None, start=False)
    lost = shared.create("lost", start=False)
    (Path(lost.path) / "appspec.json").unlink()
    shared.call("app.adopt", name="theirs", command=["sleep", "60"], ports=0, start=False)
    whole = shared.create("whole", start=False)
    for words in (
        ["--describe", "add a note to Customer"],
        ["--from", "a.csv"],
        [f"{whole.path}/appspec.json"],
    ):
        for name, why in (
            ("bare", "the template blank makes code without one"),
            ("lost", "appspec.json is gone"),
            ("theirs", "it was adopted, and its code is its own"),
        ):
            told = update(name, *words)
            assert f"{name} has no spec that could be changed: " in told
            assert why in told
            assert f"protoddfctl restart {name}" in told
    assert bare.path in update("bare", "--from", "a.csv")
    told = update("whole", "--from", "a.csv")
    assert "the spec of an app is not changed by data" in told
    assert "protoddfctl propose FILE -o new.json" in told
