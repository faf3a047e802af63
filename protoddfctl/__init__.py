"""The command-line client of protoddfd, and the client class for other programs."""

import sys

if sys.version_info >= (3, 11) and "msgspec" not in sys.modules and "typing_extensions" not in sys.modules:
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]
    import msgspec  # noqa: F401  it does without the other, and a command starts 10 ms sooner

    del sys.modules["typing_extensions"]
