"""Reads the layers: default < /etc < home < environment < command line. Judges no value."""

import os
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from protoddfd.settings.model import Settings, fields
from protoddfd.spec import Problem

ETC = Path("/etc/protoddf/config.toml")
COMMAND_LINE = "command line"

_PREFIX = "PROTODDF_"
_HEADER = re.compile(r"\s*\[\s*([A-Za-z0-9_-]+)\s*\]")
_ASSIGNMENT = re.compile(r"""\s*["']?([A-Za-z0-9_.-]+)["']?\s*=""")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One value that some layer gives to a `section.key`, known or not; an unknown `section` has none."""

    key: str
    value: Any
    origin: str
    """For people: `/etc/protoddf/config.toml:3`, `$PROTODDF_WORKER_PROCESSES`, `command line`."""
    is_text: bool = False
    """Does the layer know nothing but texts, so that `3` means the number?"""


class Layers(msgspec.Struct, frozen=True, kw_only=True):
    """Where settings are read from, so that they can be read again; of the environment what concerns them."""

    home: str
    etc: str
    environ: dict[str, str]
    command_line: dict[str, str]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What the layers say, the weakest first, and why a part of them could not be read."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...] = ()


def layers(home: Path, environ: Mapping[str, str], command_line: Mapping[str, str], etc: Path) -> Layers:
    """Return the layers, with nothing of `environ` but what looks like a setting."""
    sections = tuple(f"{_PREFIX}{name}_".upper() for name in Settings.__struct_fields__)
    kept = {name: value for name, value in environ.items() if name.startswith(sections)}
    return Layers(home=str(home), etc=str(etc), environ=kept, command_line=dict(command_line))


def read(layers: Layers) -> Reading:
    """Read every layer; a file that is not there says nothing."""
    readings = (
        _read_file(layers.etc),
        _read_file(os.path.join(layers.home, "config.toml")),  # noqa: PTH118  a name, as it will be shown
        _read_environment(layers.environ),
        Reading(
            entries=tuple(
                Entry(key=key, value=text, origin=COMMAND_LINE, is_text=True)
                for key, text in layers.command_line.items()
            )
        ),
    )
    return Reading(
        entries=tuple(entry for reading in readings for entry in reading.entries),
        problems=tuple(problem for reading in readings for problem in reading.problems),
    )


def read_text(text: str, name: str) -> Reading:
    """Read the TOML of the file `name`."""
    try:
        sections = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reason = str(error) or "it is nested too deeply"
        return Reading(
            entries=(),
            problems=(Problem(path=name, message=f"is not TOML: {reason}", hint="correct that line"),),
        )
    lines = _lines(text)
    entries: list[Entry] = []
    problems: list[Problem] = []
    for section, values in sections.items():
        at = _at(name, lines, section)
        if not isinstance(values, dict):
            problems.append(_no_section(section, at))
        elif section not in Settings.__struct_fields__:
            entries.append(Entry(key=section, value=None, origin=at))
        else:
            entries += [
                Entry(
                    key=f"{section}.{key}", value=value, origin=_at(name, lines, f"{section}.{key}", section)
                )
                for key, value in values.items()
            ]
    return Reading(entries=tuple(entries), problems=tuple(problems))


def _no_section(name: str, origin: str) -> Problem:
    """Return the fault of `name = value` that stands where sections do."""
    known = name in Settings.__struct_fields__
    hint = f"write [{name}] and its keys below it" if known else "put it below the [section] it belongs to"
    return Problem(path=name, message=f"{origin}: is not a section", hint=hint)


def _read_file(path: str) -> Reading:
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        return Reading(entries=())
    except OSError as error:
        fault = Problem(path=path, message=f"cannot be read: {error.strerror}", hint=f"ls -l {path}")
        return Reading(entries=(), problems=(fault,))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        fault = Problem(path=path, message=f"is not UTF-8 text (line {line})", hint="save it as UTF-8")
        return Reading(entries=(), problems=(fault,))
    return read_text(text, path)


def _read_environment(environ: Mapping[str, str]) -> Reading:
    """Return what known variables say; one that is almost known was meant to be."""
    known = {f"{_PREFIX}{key.replace('.', '_')}".upper(): key for key in fields()}
    entries: list[Entry] = []
    problems: list[Problem] = []
    for name, text in environ.items():
        if name in known:
            entries.append(Entry(key=known[name], value=text, origin=f"${name}", is_text=True))
        elif near := get_close_matches(name, known, n=1, cutoff=0.9):
            problems.append(
                Problem(path=f"${name}", message="is no setting's variable", hint=f"did you mean {near[0]}?")
            )
    return Reading(entries=tuple(entries), problems=tuple(problems))


def _at(name: str, lines: Mapping[str, int], *keys: str) -> str:
    line = next((lines[key] for key in keys if key in lines), None)
    return name if line is None else f"{name}:{line}"


def _lines(text: str) -> dict[str, int]:
    """Return the line of each `section` and `section.key` that is written the usual way, and of no other."""
    found: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            section = f"{header[1]}."
            found.setdefault(header[1], number)
        elif assignment := _ASSIGNMENT.match(line):
            found.setdefault(f"{section}{assignment[1]}", number)
    return found
