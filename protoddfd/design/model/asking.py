"""What is asked of a model and what it replies, whoever the provider is; and how asking fails."""

from typing import Any, Literal, Protocol

import msgspec

Way = Literal["tool", "schema", "text"]
"""How the answer is made to be JSON."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One request: the task, and in turns what we say and what the model said, beginning with us."""

    task: str
    said: tuple[str, ...]
    way: Way
    schema: dict[str, Any]
    output_tokens: int


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer and what it took. `finish`: `cut` if there was more to say, `refused` if it would not."""

    text: str
    input_tokens: int = 0
    output_tokens: int = 0
    finish: Literal["complete", "cut", "refused"] = "complete"


class AskingFailed(Exception):
    """There is no answer. `again_s`: after so many seconds it may be worth another try; None: it is not."""

    def __init__(
        self, message: str, *, again_s: float | None = None, free: bool = False, unsent: bool = False
    ) -> None:
        super().__init__(message)
        self.message = message
        self.again_s = again_s
        self.free = free
        """Is it certain that nothing has to be paid for?"""
        self.unsent = unsent
        """Is it certain that nothing left this machine?"""


class WayUnknown(AskingFailed):
    """The server refuses the request as such; it may know nothing of schemas."""


class Endpoint(Protocol):
    """Something that can be asked."""

    async def ask(self, asked: Asked, time_left_s: float) -> Reply:
        """Return the reply; raise AskingFailed without one."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
