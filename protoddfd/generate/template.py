"""The templates there are: folders with a cookiecutter.json, found by name.

Must stay light: the daemon lists templates, and only a worker renders one.
"""

from pathlib import Path

import msgspec

from protoddfd.errors import TemplateFailed, TemplateUnknown

MANIFEST = "cookiecutter.json"
APP_FOLDER = "{{cookiecutter.name}}"
DASHBOARD = "dashboard"
"""Makes an app over a database that exists: what is in its spec differs, and not its files."""
_FILES_OF = {DASHBOARD: "data_app"}
"""The template whose files another one takes."""


class TemplateInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One template: its folder's name, what people read about it, and its folder."""

    name: str
    title: str
    description: str
    source: str


class _Manifest(msgspec.Struct, frozen=True, rename={"title": "_title", "description": "_description"}):
    """The keys of cookiecutter.json that are read. Being private, they are no questions to cookiecutter."""

    title: str = ""
    description: str = ""


def templates(folder: Path) -> tuple[TemplateInfo, ...]:
    """Return the templates in `folder` by name; folders that are no templates are passed over."""
    if not folder.is_dir():
        return ()
    return tuple(_info(manifest.parent) for manifest in sorted(folder.glob(f"*/{MANIFEST}")))


def template_path(folder: Path, name: str) -> Path:
    """Return the folder of the template called `name` in `folder`.

    Raises:
        TemplateUnknown: there is none of that name; the hint lists those there are.
    """
    known = {info.name: info for info in templates(folder)}
    name = _FILES_OF.get(name, name)
    if name not in known:
        names = (
            ", ".join(sorted({*known, *_FILES_OF} if known else ())) or f"none: {folder} holds no template"
        )
        raise TemplateUnknown(f"there is no template called {name!r}", hint=f"templates: {names}")
    return Path(known[name].source)


def _info(folder: Path) -> TemplateInfo:
    """Return what the template in `folder` says of itself.

    Raises:
        TemplateFailed: its manifest cannot be read.
    """
    manifest = folder / MANIFEST
    try:
        said = msgspec.json.decode(manifest.read_bytes(), type=_Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise TemplateFailed(
            f"cannot read {manifest}: {error}", hint="repair or remove that template"
        ) from error
    return TemplateInfo(
        name=folder.name,
        title=said.title or folder.name.replace("_", " ").capitalize(),
        description=said.description,
        source=str(folder),
    )
