"""What a template from elsewhere makes: its names and texts in a sandbox, with its manifest's defaults.

Nothing gets a place outside the new app's folder.
"""

import fnmatch
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from protoddfd.generate.elsewhere import ALL_BYTES, Elsewhere, Files, refused
from protoddfd.generate.elsewhere_answers import AnswerFault, answer, refuse_unknown
from protoddfd.generate.sandbox import Sandbox, in_time
from protoddfd.generate.template import MANIFEST

LONGEST_NAME = 255
_NO_ANSWERS: Mapping[str, str] = {}
_OPTIONS = ("trim_blocks", "lstrip_blocks")
_TROUBLE = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)
"""What a template's own expressions raise, such as `1 / 0`."""


def render(template: Elsewhere, name: str, answers: Mapping[str, str] = _NO_ANSWERS) -> Files:
    """Return the files of the app called `name`; `answers` are to some of the template's variables.

    Raises:
        TemplateRefused: it asks for what is not there or not allowed, or has no place for an app.
    """
    with in_time():
        try:
            texts = Texts(template, name, answers)
            return _rendered(template, texts)
        except TemplateError as error:
            raise refused(template.folder, str(error)) from error


class Texts:
    """Renders texts of a template with its variables, for one app."""

    def __init__(self, template: Elsewhere, name: str, answers: Mapping[str, str] = _NO_ANSWERS) -> None:
        self._folder = template.folder
        self._sandbox = Sandbox(**_options(template))
        self._answers: dict[str, Any] = {}
        try:
            refuse_unknown(template.manifest, [*filter(template.is_named, template.manifest)], answers)
            self._answer(template, name, answers)
        except AnswerFault as fault:
            raise refused(self._folder, str(fault), fault.hint) from fault

    def render(self, text: str, where: str) -> str:
        """Return a text rendered; raise TemplateRefused with the place of what cannot be."""
        if "{" not in text:
            return text
        try:
            return self._sandbox.from_string(text).render(cookiecutter=self._answers)
        except TemplateError as error:
            raise refused(self._folder, f"{where}: {error}") from error
        except _TROUBLE as error:
            raise refused(self._folder, f"{where}: {type(error).__name__}: {error}") from error

    def _answer(self, template: Elsewhere, name: str, answers: Mapping[str, str]) -> None:
        for key, default in template.manifest.items():
            if template.is_named(key):
                self._answers[key] = name
            elif key in answers:
                show = partial(self._shown, key)
                self._answers[key] = answer(key, default, answers[key], show)
            elif key.startswith("_") and not key.startswith("__"):
                self._answers[key] = default
            else:
                self._answers[key] = self._default(key, default)

    def _shown(self, key: str, choice: Any) -> str:
        return self.render(str(choice), f"{MANIFEST}: {key}")

    def _default(self, key: str, default: Any) -> Any:
        if default is None:
            raise refused(
                self._folder,
                f"its variable {key} needs an answer, and has no default",
                f"--set {key}=VALUE, or give it one in {MANIFEST}",
            )
        if isinstance(default, list):
            return self._default(key, default[0]) if default else ""
        if isinstance(default, dict):
            return {self._default(key, each): self._default(key, value) for each, value in default.items()}
        return default if isinstance(default, bool) else self.render(str(default), f"{MANIFEST}: {key}")


def _options(template: Elsewhere) -> dict[str, bool]:
    asked = template.manifest.get("_jinja2_env_vars") or {}
    if not isinstance(asked, dict) or not set(asked) <= set(_OPTIONS):
        raise refused(template.folder, f"of its _jinja2_env_vars only {' and '.join(_OPTIONS)} are known")
    return {option: bool(value) for option, value in asked.items()}


def _rendered(template: Elsewhere, texts: Texts) -> Files:
    top = _app_folder(template)
    verbatim = template.manifest.get("_copy_without_render") or []
    made: Files = {}
    size = 0
    for path, (content, mode) in template.files.items():
        if not path.startswith(f"{top}/"):
            continue
        inner = path.removeprefix(f"{top}/")
        target = _target(template, texts, inner)
        if target is None:
            continue
        if target in made:
            raise refused(template.folder, f"two of its files would both be {target}")
        content = content if _is_verbatim(inner, verbatim) else _content(texts, content, path)
        size += len(content)
        if size > ALL_BYTES:
            raise refused(template.folder, f"what it makes has more than {ALL_BYTES >> 20} MiB")
        made[target] = content, mode
    return made


def _app_folder(template: Elsewhere) -> str:
    tops = {path.partition("/")[0] for path in template.files if "/" in path}
    found = sorted(top for top in tops if "{{" in top and "cookiecutter" in top)
    if len(found) != 1:
        raise refused(
            template.folder,
            f"it has {len(found)} folders that could become an app",
            "one folder is called like {{cookiecutter.name}}",
        )
    return found[0]


def _target(template: Elsewhere, texts: Texts, path: str) -> str | None:
    """Return where a file goes; None if its name, or a folder's that it is in, becomes empty."""
    parts = [texts.render(part, path) for part in path.split("/")]
    for part in parts:
        if part in (".", "..") or "/" in part or "\0" in part or len(part.encode()) > LONGEST_NAME:
            raise refused(template.folder, f"{path} would be written to {'/'.join(parts)[:200]!r}")
    return "/".join(parts) if all(parts) else None


def _is_verbatim(path: str, patterns: Any) -> bool:
    places = [path, *(str(parent) for parent in Path(path).parents if parent.name)]
    return any(fnmatch.fnmatch(place, str(pattern)) for pattern in patterns for place in places)


def _content(texts: Texts, content: bytes, path: str) -> bytes:
    """Return a text rendered, and anything else as it is."""
    if b"\0" in content:
        return content
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    return texts.render(text, path).encode()
