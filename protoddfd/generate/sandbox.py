"""Jinja for templates that somebody else wrote: what cookiecutter's templates expect, and no way out.

What a template asks for is bounded in time here; its memory is bounded by the process that this runs in.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

from cookiecutter.environment import ExtensionLoaderMixin  # type: ignore[import-untyped]  # it ships no types
from jinja2 import StrictUndefined, TemplateRuntimeError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST = 1_000_000
"""The most items or characters that a multiplication may make."""
RENDER_S = 60.0
"""How long all the texts of a template may take."""


class Sandbox(ExtensionLoaderMixin, ImmutableSandboxedEnvironment):  # type: ignore[misc]  # it ships no types
    """The environment of cookiecutter, its own extensions included, in which unsafe things are refused."""

    intercepted_binops = frozenset(("*", "**"))

    def __init__(self, **options: bool) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, **options)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Return what an operator makes of two values, unless that may be huge."""
        if operator == "**":
            raise SecurityError("powers are not computed in templates from elsewhere")
        for many, few in ((left, right), (right, left)):
            is_repeating = isinstance(many, str | bytes | list | tuple) and isinstance(few, int)
            if is_repeating and len(many) * few > LONGEST:
                raise SecurityError(f"a multiplication would make more than {LONGEST:,} items")
        return super().call_binop(context, operator, left, right)


@contextmanager
def in_time(seconds: float = RENDER_S) -> Iterator[None]:
    """Raise TemplateRuntimeError in what takes longer than `seconds`; for the main thread of a process."""

    def late(number: int, frame: FrameType | None) -> NoReturn:
        raise TemplateRuntimeError(f"its texts take longer than {seconds:g} s to render")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
