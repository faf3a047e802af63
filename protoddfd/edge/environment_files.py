"""Reads the environment and secret files of an app; no exception, text or repr shows what is in them."""

import io
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence

from protoddfd.core.options import ENVIRONMENT_BYTES_MAX, fault_of_name, fault_of_value
from protoddfd.errors import EnvironmentUnreadable

FILE_BYTES_MAX = 64 * 1024
BLANKS_MAX = 500
"""Blanks in a row. The parser's time grows with their square: 64 KiB of them would hold us up for seconds."""

_LINE_END = re.compile(r"\r?\n\Z")
_BLANKS = re.compile(r"[^\S\r\n]+")
_FLAGS = (
    os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
)  # a FIFO without a writer must not hold us up


class Environment(dict[str, str]):
    """Variables by name; its repr shows the names only."""

    def __repr__(self) -> str:
        return f"Environment({', '.join(self)})"


def read_environment(env_files: Sequence[str], secrets: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that the files set: later files win over earlier ones, secrets over both.

    Environment files have lines of NAME=VALUE in the dotenv format. No value refers to other variables:
    `${NAME}` stays as it is. A secret is the content of its file without the last line end.

    Raises:
        EnvironmentUnreadable: a file is missing, unreadable or too large, or has what cannot be a variable.
    """
    environment = Environment()
    for path in env_files:
        environment.update(_variables(path))
    for name, path in secrets.items():
        environment[name] = _secret(name, path)
    total = sum(len(name) + len(value.encode()) + 2 for name, value in environment.items())
    if total > ENVIRONMENT_BYTES_MAX:
        raise EnvironmentUnreadable(
            f"the environment and secret files together have more than {ENVIRONMENT_BYTES_MAX // 1024} KiB",
            hint="let the app read what is large from a file itself",
        )
    return environment


def warnings_of(secrets: Mapping[str, str]) -> tuple[str, ...]:
    """Return a warning for each secret whose file every user of the machine may read."""
    return tuple(
        f"the secret {name} is readable by every user: chmod o-r {path}"
        for name, path in secrets.items()
        if _is_exposed(path)
    )


def _is_exposed(path: str) -> bool:
    try:
        return bool(os.stat(path).st_mode & stat.S_IROTH)  # noqa: PTH116  a text may be no path at all
    except (OSError, ValueError):
        return False


def _variables(path: str) -> Iterator[tuple[str, str]]:
    from dotenv.parser import parse_stream  # most apps have no such file, and this takes 15 ms

    what = f"the environment file {path}"
    text = _text(what, path)
    if any(len(blanks) > BLANKS_MAX for blanks in _BLANKS.findall(text)):
        raise _unusable(what, path, f"it has more than {BLANKS_MAX} blanks in a row")
    for found in parse_stream(io.StringIO(text)):
        line = found.original.line + _lines_before(found.original.string)
        if found.error or (found.key is not None and found.value is None):
            raise _unusable(what, path, f"line {line} is not NAME=VALUE")
        if found.key is None or found.value is None:
            continue
        if fault := fault_of_name(found.key):
            raise _unusable(what, path, f"the name in line {line} {fault}")
        if fault := fault_of_value(found.value):
            raise _unusable(what, path, f"the value in line {line} {fault}")
        yield found.key, found.value


def _lines_before(text: str) -> int:
    """Return how many empty lines a binding begins with."""
    return text[: len(text) - len(text.lstrip())].count("\n")


def _secret(name: str, path: str) -> str:
    what = f"the secret {name} in {path}"
    if fault := fault_of_name(name):
        raise _unusable(what, path, f"its name {fault}")
    text = _text(what, path)
    text = text[: -len(end[0])] if (end := _LINE_END.search(text)) else text
    if fault := fault_of_value(text):
        raise _unusable(what, path, f"it {fault}")
    return text


def _text(what: str, path: str) -> str:
    """Return what is in a file; no exception that is raised here refers to one that has its bytes."""
    data = _read(what, path)
    if b"\0" in data:
        raise _unusable(what, path, "it has a NUL character in it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    raise _unusable(what, path, f"line {line} is not UTF-8 text")


def _read(what: str, path: str) -> bytes:
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        raise _unusable(what, path, error.strerror or "it cannot be opened") from None
    except ValueError:
        raise EnvironmentUnreadable(f"{what!r} cannot be used: that is no path", hint="correct it") from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _unusable(what, path, "it is no file")
        data = os.read(descriptor, FILE_BYTES_MAX + 1)
    except OSError as error:
        raise _unusable(what, path, error.strerror or "it cannot be read") from None
    finally:
        os.close(descriptor)
    if len(data) > FILE_BYTES_MAX:
        raise _unusable(what, path, f"it is larger than {FILE_BYTES_MAX // 1024} KiB")
    return data


def _unusable(what: str, path: str, why: str) -> EnvironmentUnreadable:
    return EnvironmentUnreadable(f"{what} cannot be used: {why}", hint=f"ls -l {path}")
