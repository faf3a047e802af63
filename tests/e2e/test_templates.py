"""Apps from templates by name and by path: what is there after `app.create`, and what is not."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
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


BROKEN_CONFIG = "import reflex as rx\n\nraise RuntimeError('no such plug-in')\n"


@pytest.mark.timeout(120)
def test_a_first_frontend_that_does_not_build_is_told_and_holds_nobody_up(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    app = folder / "faulty" / "{{cookiecutter.name}}"
    (app / "{{cookiecutter.name}}_app").mkdir(parents=True)
    (folder / "faulty" / "cookiecutter.json").write_text('{"name": "x", "_takes_spec": false}')
    (app / "rxconfig.py").write_text(BROKEN_CONFIG)
    (app / "{{cookiecutter.name}}_app" / "{{cookiecutter.name}}.py").write_text("app = None\n")
    daemon = Daemon(home, "--set", f"paths.templates={folder}")
    try:
        daemon.start()
        daemon.create("broken", template="faulty", spec=None, wait_s=0)
        failed = daemon.wait_state("broken", "failed", seconds=60)
        assert failed.bundle.state == "failed"
        assert "no such plug-in" in (failed.reason or "")
        assert "no such plug-in" in failed.bundle.detail
        with pytest.raises(ProtoddfError, match="no such plug-in"):
            daemon.call("app.start", name="broken", wait_s=60)
        assert daemon.call("app.delete", name="broken")["deleted"] == "broken"
    finally:
        daemon.clean_up()


# Templates from elsewhere -------------------------------------------------------------------------------

TOP = "{{cookiecutter.project_slug}}"
PAGE = """import reflex as rx


def index() -> rx.Component:
    return rx.heading("Hello from {{ cookiecutter.owner }}")


app = rx.App()
app.add_page(index)
"""
OURS = "from dataforms.config import app_config\nconfig = app_config('{{ cookiecutter.project_slug }}')\n"
THEIRS = "import reflex as rx\nconfig = rx.Config(app_name='{{ cookiecutter.project_slug }}')\n"
LOCK = ROOT / "templates" / "data_app" / "dataforms" / "frontend.lock"
REFLEX = {
    f"{TOP}/rxconfig.py": THEIRS,
    f"{TOP}/{TOP}/__init__.py": "",
    f"{TOP}/{TOP}/{TOP}.py": PAGE,
}
DATA = {
    f"{TOP}/appspec.json": json.dumps(SPEC | {"title": "Of {% raw %}{{x}}{% endraw %}"}),
    f"{TOP}/rxconfig.py": OURS,
    **{f"{TOP}/reflex.lock/{file.name}": file.read_text() for file in LOCK.iterdir()},
    f"{TOP}/{TOP}_app/__init__.py": "",
    f"{TOP}/{TOP}_app/{TOP}.py": "from dataforms.app import create_app\napp = create_app()\n",
}

VERBATIM = {"_copy_without_render": ["reflex.lock"]}


def template(folder: Path, files: Mapping[str, str], **manifest: object) -> str:
    folder.mkdir()
    told = {"project_slug": "x", "owner": "Ada", **manifest}
    (folder / "cookiecutter.json").write_text(json.dumps(told))
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    return str(folder)


def left_behind(daemon: Daemon, name: str) -> list[str]:
    """Return what there is of an app that was refused: nothing, not even its ports."""
    ports = [str(each["port"]) for each in daemon.call("port.list")["ports"] if each["app"] == name]
    return [path.name for path in daemon.generated.iterdir() if name in path.name] + ports


def test_a_data_app_of_a_template_from_elsewhere(shared: Daemon, tmp_path: Path) -> None:
    app = shared.create("theirs", template=template(tmp_path / "t", DATA, **VERBATIM), spec=None)
    assert (app.state, app.served_by, app.bundle.state) == ("ready", "zygote", "shared")
    assert app.title == "Of {{x}}"
    assert http(app.ports.frontend, "/api/v1/customer")[0] == 200
    assert list((Path(app.path) / "migrations").glob("0001_*.json"))


def test_a_reflex_app_of_a_template_from_elsewhere_is_run_as_an_adopted_one(
    shared: Daemon, tmp_path: Path
) -> None:
    app = shared.create("foreign", template=template(tmp_path / "t", REFLEX), spec=None, start=False)
    assert (app.state, app.served_by, app.command is not None) == ("down", "reflex", True)
    assert "Hello from Ada" in (Path(app.path) / "foreign" / "foreign.py").read_text()
    assert shared.call("app.delete", name="foreign")["deleted"] == "foreign"
    assert left_behind(shared, "foreign") == []


def test_variables_of_a_template_are_set_on_the_command_line(shared: Daemon, tmp_path: Path) -> None:
    folder = template(tmp_path / "t", REFLEX, greeting=["Hello", "Hi"])

    def create(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-c", "import sys; from protoddfctl.cli import main; sys.exit(main())",
             "--socket", str(shared.socket), "create", "named", "--no-start", *words],
            check=False, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    for words, told in (
        (["--template", folder, "--set", "owner=x')+('"], "are all that is possible"),
        (["--template", folder, "--set", "greting=Hi"], "did you mean greeting?"),
        (["--template", folder, "--set", "greeting=Ahoy"], "choose of Hello, Hi"),
        (["--template", "crm", "--set", "owner=Grace"], "the template crm has no variables to set"),
    ):
        refused = create(*words)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert told in refused.stderr
    assert create("--template", folder, "--set", "owner").returncode == 2
    assert left_behind(shared, "named") == []
    made = create("--template", folder, "--set", "owner=Grace", "--set", "greeting=Hi")
    assert made.returncode == 0, made.stderr
    page = Path(shared.app("named").path) / "named" / "named.py"
    assert 'rx.heading("Hello from Grace")' in page.read_text()


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_reflex_app_of_a_template_from_elsewhere_answers(shared: Daemon, tmp_path: Path) -> None:
    app = shared.create("running", template=template(tmp_path / "t", REFLEX), spec=None, wait_s=300)
    assert app.state == "ready"
    assert b"<html" in http(app.ports.frontend)[1].lower()


NOT_RUN = {f"{TOP}/main.py": "print('hello')\n"}


@pytest.mark.parametrize(
    ("files", "manifest", "told"),
    [
        (NOT_RUN, {}, "makes no app that can be run"),
        (REFLEX | {f"{TOP}/{{{{cookiecutter.owner}}}}": "x"}, {"owner": "../evil"}, "would be written to"),
        (REFLEX | {f"{TOP}/x": "{{ cookiecutter.missing }}"}, {}, "missing"),
        (REFLEX | {f"{TOP}/x": "{{ lipsum.__globals__ }}"}, {}, "unsafe"),
        (REFLEX | {f"{TOP}/x": "{{ '%9999999999d' % 1 }}"}, {}, "more memory"),
        (REFLEX, {"owner": None}, "owner needs an answer"),
        (REFLEX | {"hooks/post_gen_project.py": "open('/tmp/evil', 'w')"}, {}, r"allowed_hooks|sha256:"),
        (DATA | {f"{TOP}/appspec.json": "{}"}, VERBATIM, "faults"),
        (DATA | {f"{TOP}/appspec.json": "{"}, VERBATIM, "not JSON"),
    ],
)
def test_a_template_that_is_refused_leaves_nothing_behind(
    shared: Daemon, tmp_path: Path, files: Mapping[str, str], manifest: dict[str, object], told: str
) -> None:
    folder = template(tmp_path / "t", files, **manifest)
    with pytest.raises(ProtoddfError, match=told):
        shared.create("refused", template=folder, spec=None)
    assert left_behind(shared, "refused") == []
    assert not (tmp_path / "evil").exists()


def test_hooks_run_once_their_hash_is_allowed(daemon: Daemon, tmp_path: Path) -> None:
    hook = "import os\nos.rename('config.txt', 'rxconfig.py')\n"
    files = {f"{TOP}/config.txt": "import reflex\n", "hooks/post_gen_project.py": hook}
    folder = template(tmp_path / "t", files)
    with pytest.raises(ProtoddfError, match="has hooks") as refused:
        daemon.create("hooked", template=folder, spec=None, start=False)
    assert refused.value.code == 1404
    allowed = refused.value.hint.partition("[templates] ")[2]
    (daemon.home / "config.toml").write_text(f"[templates]\n{allowed}\n")
    assert daemon.call("daemon.reload")["changed"] == ["templates.allowed_hooks"]
    app = daemon.create("hooked", template=folder, spec=None, start=False)
    assert (Path(app.path) / "rxconfig.py").read_text() == "import reflex\n"
    (tmp_path / "t" / "more.txt").write_text("other hooks could read this")
    with pytest.raises(ProtoddfError, match="has hooks"):
        daemon.create("other", template=folder, spec=None, start=False)


@pytest.mark.long
def test_a_template_that_takes_too_long_leaves_nothing_behind(home: Path, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    hook = f"import os, pathlib, time\npathlib.Path('{pid}').write_text(str(os.getpid()))\ntime.sleep(600)\n"
    folder = template(tmp_path / "t", REFLEX | {"hooks/post_gen_project.py": hook})
    daemon = Daemon(home, "--set", "worker.time_s=8")
    try:
        daemon.start()
        with pytest.raises(ProtoddfError, match="has hooks") as refused:
            daemon.create("slow", template=folder, spec=None)
        (home / "config.toml").write_text("[templates]\n" + refused.value.hint.partition("[templates] ")[2])
        daemon.call("daemon.reload")
        with pytest.raises(ProtoddfError, match="longer than 8 s"):
            daemon.create("slow", template=folder, spec=None)
        assert left_behind(daemon, "slow") == []
        wait_for(lambda: not runs(int(pid.read_text())))
    finally:
        daemon.clean_up()


def test_the_command_line_takes_a_folder_of_here(shared: Daemon, tmp_path: Path) -> None:
    template(tmp_path / "t", NOT_RUN)
    done = ctl(shared, "create", "by_path", "--template", "./t", cwd=tmp_path)
    assert done.returncode == 1
    assert str(tmp_path / "t") in done.stderr
    shown = ctl(shared, "templates", "crm").stdout
    assert "Companies" in shown
    assert "crm.png" in shown
    assert "protoddfctl create NAME --template crm" in shown
    assert ctl(shared, "templates", "nothing").returncode == 1


def runs(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def ctl(daemon: Daemon, *words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("protoddfctl")), "--socket", str(daemon.socket), *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
