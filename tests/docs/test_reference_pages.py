"""The reference pages say what the code says."""

from protoddfctl.commands import COMMANDS
from protoddfd.errors import family
from protoddfd.wire.methods import METHODS
from tools import docs


def test_no_page_is_stale() -> None:
    assert docs.stale() == [], "run: python -m tools.docs"


def test_every_command_is_documented() -> None:
    page = (docs.REFERENCE / "cli.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"\n## {name}\n" not in page] == []


def test_every_method_and_error_is_documented() -> None:
    page = (docs.REFERENCE / "rpc.md").read_text(encoding="utf-8")
    assert [name for name in METHODS if f"\n### {name}\n" not in page] == []
    assert [code for code in family() if f"| {code} |" not in page] == []


def test_every_link_leads_to_a_heading() -> None:
    import re

    for name, text in docs.pages().items():
        anchors = {docs._anchor(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
        for target in re.findall(r"\]\(#([^)]+)\)", text):
            assert target in anchors, f"{name}: #{target}"
