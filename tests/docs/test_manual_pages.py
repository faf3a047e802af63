"""The manual pages say what the code says, and `man` shows them as they are meant."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from protoddfctl.commands import COMMANDS
from protoddfctl.commands.pages import PAGES
from protoddfd.settings import describe
from tools import man
from tools.roff import prose, text, title

needs_man = pytest.mark.skipif(
    shutil.which("man") is None and "CI" not in os.environ,
    reason="there is no man here: apt-get install man-db",
)


def shown(*words: str) -> str:
    """Return a page as a terminal of 100 columns shows it; nothing may be complained of."""
    environ = {
        **os.environ,
        "MANWIDTH": "100",
        "MANROFFOPT": "-rHY=0",
        "LC_ALL": "C.UTF-8",
        "GROFF_NO_SGR": "1",
    }
    ran = subprocess.run(
        ["man", "--warnings=w", *words], env=environ, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    bare = ran.stdout
    while "\b" in bare:  # bold is a character over itself
        place = bare.index("\b")
        bare = bare[: place - 1] + bare[place + 1 :]
    return bare


def test_no_page_is_stale() -> None:
    assert man.stale() == [], "run: python -m tools.man"


def test_a_page_that_is_missing_different_or_too_many_is_stale(tmp_path: Path) -> None:
    (tmp_path / "man1").mkdir()
    (tmp_path / "man1" / "protoddfctl.1").write_text("old")
    (tmp_path / "man1" / "protoddfctl-gone.1").write_text("")
    found = man.stale(tmp_path)
    assert {"man1/protoddfctl.1", "man1/protoddfctl-gone.1", "man8/protoddfd.8"} <= set(found)


@needs_man
@pytest.mark.parametrize("name", COMMANDS)
def test_man_shows_the_page_of_every_command(name: str) -> None:
    page = shown("-M", str(man.FOLDER), "1", f"protoddfctl-{name}")
    assert page.startswith(f"PROTODDFCTL-{name.upper()}(1)")
    for example in PAGES[name].examples:
        assert f"protoddfctl {example.words}\n" in page
        assert f"{example.does.replace('`', '')}:" in " ".join(page.split())
    assert "protoddfctl(1)" in page


@needs_man
def test_man_shows_what_the_command_line_can_do() -> None:
    page = shown("-M", str(man.FOLDER), "protoddfctl")
    for command in COMMANDS.values():
        assert f"protoddfctl-{command.name}(1)" in page
        assert command.summary in " ".join(page.split())


@needs_man
def test_man_shows_every_setting() -> None:
    page = " ".join(shown("-M", str(man.FOLDER), "5", "protoddf-config.toml").split())
    for row in describe.rows():
        section, _, key = row.key.partition(".")
        assert f"[{section}]" in page
        assert f" {key} " in page
        assert row.description.replace("`", "") in page


@needs_man
def test_man_shows_the_daemon() -> None:
    page = shown("-M", str(man.FOLDER), "8", "protoddfd")
    for words in ("--port-range FIRST-LAST", "SIGUSR2", "PROTODDF_HOME", "/etc/protoddf/config.toml"):
        assert words in page


@needs_man
@pytest.mark.parametrize(
    "plain",
    [
        ".TH evil 1",
        "'br",
        "a \\n[x] \\fB b",
        "--long-option -x",
        'it\'s `quoted` "twice"',
        "^~|$#%&*()[]{}<>/?!@;:",
    ],
)
def test_a_text_is_shown_as_it_stands(plain: str, tmp_path: Path) -> None:
    page = tmp_path / "page.1"
    page.write_text(
        "\n".join((*title("page", 1, "0"), ".SH NAME", text(f"page - {plain}"), ".SH BODY", text(plain)))
        + "\n"
    )
    assert f"\n       {plain}\n" in shown("-l", str(page))


def test_code_is_bold_in_prose() -> None:
    assert prose("say `a-b` now") == "say \\fBa\\-b\\fR now"
