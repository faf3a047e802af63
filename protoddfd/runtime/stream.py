"""What a handler returns when its connection becomes a stream."""

from collections.abc import AsyncIterator

import msgspec


class Stream(msgspec.Struct, frozen=True):
    """An answer, and then notifications.

    `result` is answered first. Each of `items` is a notification's method and parameters. The iterator is
    closed when the connection ends; when it ends by itself, so does the connection.
    """

    result: object
    items: AsyncIterator[tuple[str, object]]
