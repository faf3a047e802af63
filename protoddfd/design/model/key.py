"""The key of a provider: read where the settings say, used at once, shown never."""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from protoddfd.errors import ModelUnready
from protoddfd.settings.model import ModelSettings

KEY_BYTES_MOST = 8 * 1024
_HERE = ("localhost", "127.0.0.1", "::1")


class Key(str):
    """A key; its repr does not show it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Key(***)" if self else "Key()"


def read_key(settings: ModelSettings, environ: Mapping[str, str]) -> Key:
    """Return the key, empty when the settings name none.

    Raises:
        ModelUnready: it is not there, others may read its file, or it would cross a network in the clear.
    """
    if settings.key_file:
        key = _in_file(settings.key_file)
    elif settings.key_env:
        key = environ.get(settings.key_env, "").strip()
        if not key:
            raise ModelUnready(
                f"the environment variable {settings.key_env} has no key",
                hint="set it where the daemon is started, or use model.key_file",
            )
    else:
        return Key()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ModelUnready("the model's key has characters that no key has", hint="copy it again")
    where = urlsplit(settings.base_url)
    if where.scheme == "http" and where.hostname not in _HERE:
        raise ModelUnready(
            "the model's key would cross the network in the clear", hint="write https:// in model.base_url"
        )
    return Key(key)


def _in_file(path: str) -> str:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise ModelUnready(f"cannot read model.key_file {path}: {reason}", hint=f"ls -l {path}") from None
    try:
        if os.fstat(file).st_mode & 0o077 & ~0o040:
            raise ModelUnready(
                f"the model's key in {path} is open to every user", hint=f"chmod 600 {Path(path)}"
            )
        content = os.read(file, KEY_BYTES_MOST + 1)
    finally:
        os.close(file)
    key = content.decode("ascii", "replace").strip()
    if not key or len(content) > KEY_BYTES_MOST:
        raise ModelUnready(f"there is no key in {path}", hint="write the key into it, and nothing else")
    return key
