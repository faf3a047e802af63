"""Adds the layers up to the settings, or tells everything that is wrong with them."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from protoddfd.errors import ConfigInvalid
from protoddfd.settings.checks import Judged, build, judge
from protoddfd.settings.layers import ETC, Layers, layers, read, read_text
from protoddfd.settings.model import Settings
from protoddfd.spec import Problem

_NAMED_MOST = 3


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """The settings, where each value that is no default came from, and the layers to read them from again."""

    settings: Settings
    origins: dict[str, str]
    """`section.key` -> a file and line, a variable or the command line."""
    layers: Layers


def load(
    home: Path, environ: Mapping[str, str], command_line: Mapping[str, str], *, etc: Path = ETC
) -> Loaded:
    """Return the settings that the layers add up to; `command_line` maps `section.key` to text.

    Raises:
        ConfigInvalid: something is wrong in some layer; `problems` has all that is.
    """
    return _load(layers(home, environ, command_line, etc))


def load_again(loaded: Loaded) -> Loaded:
    """Return what the same files, environment and command line add up to now. Raises ConfigInvalid."""
    return _load(loaded.layers)


def check(layers: Layers) -> tuple[Problem, ...]:
    """Return everything that is wrong in some layer."""
    return _judge(layers)[1]


def check_text(text: str, name: str = "config.toml") -> tuple[Problem, ...]:
    """Return everything that is wrong with the text of a configuration file."""
    reading = read_text(text, name)
    return (*reading.problems, *judge(reading.entries).problems)


def _judge(layers: Layers) -> tuple[Judged, tuple[Problem, ...]]:
    reading = read(layers)
    judged = judge(reading.entries)
    return judged, (*reading.problems, *judged.problems)


def _load(layers: Layers) -> Loaded:
    judged, problems = _judge(layers)
    if problems:
        named = ", ".join(dict.fromkeys(problem.path for problem in problems[:_NAMED_MOST]))
        more = f" and {len(problems) - _NAMED_MOST} more" if len(problems) > _NAMED_MOST else ""
        count = "a fault" if len(problems) == 1 else f"{len(problems)} faults"
        raise ConfigInvalid(
            f"the configuration has {count}: {named}{more}",
            hint="correct it; protoddfctl config check tells whether it is right",
            problems=problems,
        )
    return Loaded(settings=build(judged.values), origins=dict(judged.origins), layers=layers)
