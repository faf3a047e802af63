"""Apps from templates by name and by path: what is there after `app.create`, and what is not."""

import asyncio
import json
import re
from pathlib import Path

import httpx
import pytest

from protoddfd.errors import ProtoddfError
from protoddfd.zygote.visitor import open_page
from testbed import ROOT, SPEC, Daemon, http, wait_for

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


# A public survey ----------------------------------------------------------------------------------------

ANSWER = {"overall": 2, "again": "No", "reason": "the band was TOO LOUD", "email": "guest@example.com"}

SEEN_BY_VISITORS = {
    "/t/answer": b"/t/answer/new",
    "/t/answer/1": b"/t/answer/new",
    "/t/answer/1/edit": b"do not let",
    "/v/results": b"/t/answer/new",
    "/t/answer/deleted": b"/login/",
    "/t/answer/import": b"/login/",
    "/people": b"/login/",
    "/account": b"/login/",
}
"""Pages that a visitor could try, and what the last message has in it that they get of each."""


def page_of(port: int | None, path: str, until: bytes) -> bytes:
    assert port is not None
    try:
        return b"".join(asyncio.run(asyncio.wait_for(open_page(port, path, until), 30)))
    except TimeoutError:
        raise TimeoutError(f"{path} never says {until!r}") from None


@pytest.mark.timeout(180)
def test_everybody_answers_a_public_survey_and_its_owner_alone_sees_results(shared: Daemon) -> None:
    app = shared.create("asked", template="public_survey", spec=None, title="Our fair")
    url = app.url.rstrip("/")
    assert httpx.get(f"{url}/", headers={"accept": "text/html"}).status_code == 200
    assert b"/t/answer/new" in page_of(app.ports.frontend, "/", b"/t/answer/new")
    assert b"How did you like it?" in page_of(app.ports.frontend, "/t/answer/new", b"How did you like it?")
    made = httpx.post(f"{url}/api/v1/answer", json=ANSWER)
    assert (made.status_code, made.content) == (201, b"")

    refused = {
        path: httpx.get(f"{url}{path}").status_code
        for path in ("/export/answer.csv", "/api/v1/answer", "/api/v1/answer/1", "/api/v1/webhooks")
    }
    assert set(refused.values()) == {403}, refused
    assert httpx.post(f"{url}/api/v1/answer/bulk", json={"changes": []}).status_code == 403
    kind = {"content-type": "application/octet-stream"}
    assert httpx.post(f"{url}/import/upload", content=b"overall\n1\n", headers=kind).status_code == 403
    assert httpx.patch(f"{url}/api/v1/answer/1", json={"overall": 5}).status_code in (403, 404)
    for path, until in SEEN_BY_VISITORS.items():
        seen = page_of(app.ports.frontend, path, until)
        for text in ("TOO LOUD", "guest@example.com", '"2"'):
            assert text.encode() not in seen, f"{path} shows {text}"

    log = shared.call("app.logs", name="asked", lines=1000)["records"]
    code = next(found[1] for each in log if (found := re.search(r"/join/first/#(\S+)", each["text"])))
    form = {"code": code, "email": "owner@example.com", "name": "Owner", "password": "correct horse battery"}
    joined = httpx.post(f"{url}/auth/join/first", data=form, headers={"origin": url})
    with httpx.Client(base_url=url, cookies=joined.cookies) as owner:
        found = owner.get("/api/v1/answer").json()
    assert [each["reason"] for each in found["items"]] == ["the band was TOO LOUD"]
    assert found["items"][0]["sent"]


# A blank Reflex app -------------------------------------------------------------------------------------


@pytest.mark.timeout(300)
def test_a_blank_app_is_built_in_the_background_and_served(shared: Daemon) -> None:
    app = shared.create("empty", template="blank", spec=None, wait_s=0)
    assert (app.template, app.title) == ("blank", "empty")
    assert app.bundle.state in ("building", "built")
    assert not (Path(app.path) / "appspec.json").exists()
    wait_for(lambda: shared.app("empty").state == "ready", 200)
    made = shared.app("empty")
    assert (made.served_by, made.bundle.state) == ("zygote", "built")
    status, body = http(made.ports.frontend)
    assert (status, b"<html" in body.lower()) == (200, True)
    assert http(made.ports.backend, "/ping")[0] == 200
    seen = page_of(made.ports.frontend, "/", b"count_rx_state_")
    assert b"dataforms" not in seen
    (pid,) = shared.pids("empty")
    shared.call("app.restart", name="empty")
    assert shared.pids("empty") != [pid]
    assert http(made.ports.frontend)[0] == 200
