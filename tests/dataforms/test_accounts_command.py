"""Accounts from the command line, in a folder that has an app."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dataforms.accounts.accounts import Accounts
from dataforms.accounts.settings import Settings

pytestmark = pytest.mark.e2e
SPEC = """{"name": "shop", "title": "Shop", "entities": [{"name": "Thing", "title": "Thing", "fields": [
  {"name": "name", "title": "Name", "type": "text"}]}],
  "roles": [{"name": "reader", "title": "Reader", "default": true}, {"name": "clerk", "title": "Clerk"}]}"""


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("APP_LOGIN", "DATABASE_URL")}
    return subprocess.run(
        [sys.executable, "-m", "dataforms.accounts", *words],
        cwd=folder, env=kept | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_accounts_are_added_listed_and_reset(tmp_path: Path) -> None:
    (tmp_path / "appspec.json").write_text(SPEC)
    added = run(tmp_path, "add", "Ada@example.com", "--admin", APP_URL="https://shop.test/")
    assert added.returncode == 0, added.stderr
    link = added.stdout.split()[-1]
    assert link.startswith("https://shop.test/join/invitation/#")
    accounts = Accounts(f"sqlite:///{tmp_path}/data/app.db", Settings(required=True))
    ada, _ = accounts.join("invitation", link.partition("#")[2], "", "", "correct horse battery")
    assert (ada.email, ada.is_admin, ada.roles) == ("ada@example.com", True, ("reader",))
    assert run(tmp_path, "add", "bo@example.com", "--name", "Bo", "--role", "clerk").returncode == 0
    listed = run(tmp_path, "list").stdout.splitlines()
    assert listed == ["ada@example.com\tada@example.com\tadministrator, reader", "bo@example.com\tBo\tclerk"]
    assert "/join/reset/#" in run(tmp_path, "reset", "ada@example.com").stdout
    accounts.close()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("add", "nonsense"), "e-mail address"),
        (("add", "ada@example.com", "--role", "boss"), "There is no role 'boss'. Known are: reader, clerk."),
        (("reset", "ada@example.com"), "There is no account"),
    ],
)
def test_what_is_refused_is_said_why(tmp_path: Path, words: tuple[str, ...], reason: str) -> None:
    (tmp_path / "appspec.json").write_text(SPEC)
    done = run(tmp_path, *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert reason in done.stderr


def test_a_folder_without_an_app_is_said_so(tmp_path: Path) -> None:
    done = run(tmp_path, "list")
    assert done.returncode == 1
    assert "There is no app here" in done.stderr
