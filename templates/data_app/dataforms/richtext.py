"""Formatted text: Markdown as people write it, and as HTML that is safe to show.

Imports neither SQLAlchemy nor Reflex.
"""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # takes memory, and most apps never show any

    made = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True})
    return made.enable(["table", "strikethrough"]).disable("image")


def html_of(text: str) -> str:
    """Return a text in Markdown as HTML.

    HTML in it is shown as it was written; links lead to the web, mail and other pages of the app alone, and
    say that they are no recommendation.
    """
    html = str(_markdown().render(text))
    return html.replace('<a href="', '<a rel="noopener noreferrer nofollow" target="_blank" href="')
