"""Whether there is a model to ask, and what is missing if there is not."""

import importlib.util
import os

from protoddfd.design.model.key import read_key
from protoddfd.errors import ModelUnready
from protoddfd.settings.model import ModelSettings


def is_configured(settings: ModelSettings) -> bool:
    """Tell whether the settings name a model."""
    return settings.provider != "none" and bool(settings.name)


def replays(settings: ModelSettings) -> bool:
    """Tell whether answers come from a cassette alone."""
    return bool(settings.cassette) and settings.cassette_mode == "replay"


def require(settings: ModelSettings) -> None:
    """Raise ModelUnready when a model was asked for and cannot be."""
    if not is_configured(settings):
        raise ModelUnready(
            "no language model is configured",
            hint='set model.provider ("openai" or "anthropic") and model.name in config.toml,'
            " model.base_url for a server of your own, and model.key_file for a key",
        )
    if replays(settings):
        return
    if importlib.util.find_spec("pydantic_ai") is None:
        raise ModelUnready(
            "the library that speaks to language models is not installed",
            hint="pip install 'proto-ddf[model]' into the daemon's environment",
        )
    read_key(settings, os.environ)
