"""What somebody may answer to the variables of a template from elsewhere. Pure.

An answer is data. It is never rendered, and since a template may put it between quotes, or into code without
any, it has no character that could end a text or begin a command in any language.
"""

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import Any

LONGEST_ANSWER = 500
_MARKS = frozenset(" .,_-+:/@")
_YES = ("yes", "true", "y", "1", "on")
_NO = ("no", "false", "n", "0", "off")


class AnswerFault(Exception):
    """What is wrong with an answer; `hint` says what can be given."""

    def __init__(self, fault: str, hint: str) -> None:
        super().__init__(fault)
        self.hint = hint


def refuse_unknown(manifest: Mapping[str, Any], named: Collection[str], answers: Mapping[str, str]) -> None:
    """Raise AnswerFault for an answer to what is no variable; `named` are those that get the app's name."""
    known = [key for key in manifest if not key.startswith("_") and key not in named]
    for key in answers:
        if key in named:
            raise AnswerFault(f"{key} is the app's name", "give another name in its place: create NAME")
        if key not in known:
            near = get_close_matches(key, known, n=1)
            has = f"its variables: {', '.join(known[:50])}" if known else "it has no variables to set"
            raise AnswerFault(
                f"it has no variable {key[:60]!r}", f"did you mean {near[0]}? {has}" if near else has
            )


def answer(key: str, default: Any, given: str, render: Callable[[Any], str]) -> str | bool:
    """Return what the variable `key` is; `render` returns one of the template's own choices as it is shown.

    Raises:
        AnswerFault: it cannot be that.
    """
    if isinstance(default, dict):
        raise AnswerFault(f"its variable {key} is a mapping, which cannot be set", "leave it as it is")
    if isinstance(default, list):
        choices = [render(each) for each in default]
        if given not in choices:
            raise AnswerFault(
                f"{given[:60]!r} is no choice of its variable {key}", f"choose of {', '.join(choices)}"
            )
        return given
    if isinstance(default, bool):
        if given.lower() not in (*_YES, *_NO):
            raise AnswerFault(
                f"its variable {key} is yes or no, not {given[:60]!r}", f"{key}=yes or {key}=no"
            )
        return given.lower() in _YES
    if isinstance(default, int | float) and not _is_number(given):
        raise AnswerFault(f"its variable {key} is a number, not {given[:60]!r}", f"its default is {default}")
    odd = next((char for char in given if not _is_plain(char)), None)
    if odd is not None or len(given) > LONGEST_ANSWER:
        what = f"has {odd!r} in it" if odd is not None else f"has more than {LONGEST_ANSWER} characters"
        raise AnswerFault(
            f"what is set for its variable {key} {what}",
            "it may get into code, so letters, digits, spaces and . , _ - + : / @ are all that is possible",
        )
    return given


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdecimal() and text.isascii()


def _is_plain(char: str) -> bool:
    if char.isascii():
        return char.isalnum() or char in _MARKS
    return char.isprintable()
