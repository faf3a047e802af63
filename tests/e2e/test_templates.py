"""Apps from templates by name and by path: what is there after `app.create`, and what is not."""

import json
from pathlib import Path

import pytest

from protoddfd.errors import ProtoddfError
from testbed import ROOT, SPEC, Daemon, http

pytestmark = pytest.mark.e2e


def test_a_starter_becomes_an_app_without_a_spec_at_hand(shared: Daemon) -> None:
    app = shared.create("shop", template="crm", spec=None, title="Our customers")
    assert (app.state, app.template, app.title) == ("ready", "crm", "Our customers")
    assert http(app.ports.frontend)[0] == 200
    made = json.loads((Path(app.path) / "appspec.json").read_bytes())
    told = json.loads((ROOT / "examples" / "crm.json").read_bytes())
    assert made["name"] == "shop"
    assert made["title"] == "Our customers"
    assert [each["name"] for each in made["entities"]] == [each["name"] for each in told["entities"]]
    assert (Path(app.path) / "migrations").is_dir()


def test_a_starter_takes_no_spec_beside_its_own(shared: Daemon) -> None:
    with pytest.raises(ProtoddfError, match="takes no spec") as refused:
        shared.create("both", template="crm", spec=SPEC)
    assert refused.value.code == 1501
    assert not (shared.generated / "both").exists()


def test_an_unknown_template_names_those_there_are(shared: Daemon) -> None:
    with pytest.raises(ProtoddfError, match="no template called 'crn'") as refused:
        shared.create("typo", template="crn", spec=None)
    assert refused.value.code == 1401
    for name in ("data_app", "blank", "crm", "public_survey"):
        assert name in refused.value.hint
    assert not (shared.generated / "typo").exists()


def test_the_listing_says_what_each_makes_and_shows_it(shared: Daemon) -> None:
    listed = {each["name"]: each for each in shared.call("template.list")["templates"]}
    assert next(iter(listed)) == "data_app"
    assert {each.stem for each in (ROOT / "examples").glob("*.json")} < set(listed)
    assert all(each["title"] and each["description"] for each in listed.values())
    assert [each["title"] for each in listed["crm"]["entities"]][:2] == ["Companies", "Contacts"]
    assert Path(listed["crm"]["picture"]).read_bytes().startswith(b"\x89PNG")
