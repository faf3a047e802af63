"""The templates there are: folders with a cookiecutter.json, and starters, which are specs; found by name.

Must stay light: the daemon lists templates, and only a worker renders one.
"""

from pathlib import Path
from typing import TypeVar

import msgspec

from protoddfd.errors import TemplateFailed, TemplateUnknown

MANIFEST = "cookiecutter.json"
APP_FOLDER = "{{cookiecutter.name}}"
DATA_APP = "data_app"
"""The template that specs are rendered with: those that are given, and those of starters."""
DASHBOARD = "dashboard"
"""Makes a data app over a database that exists: its spec is other than usual, its files are not."""
_Said = TypeVar("_Said")
_SPEC = ".json"
_PICTURE = ".png"


class Sketch(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody who chooses a starter sees of one of its entities: its title and its fields'."""

    title: str
    fields: tuple[str, ...] = ()


class TemplateInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One template: its name, what people read about it, and its folder or the file of its spec."""

    name: str
    title: str
    description: str
    source: str
    takes_spec: bool = True
    """Is it filled with a spec that somebody gives, in whatever form?"""
    entities: tuple[Sketch, ...] = ()
    """What a starter brings along."""
    picture: str = ""
    """A file that shows an app made from it; empty without one."""

    @property
    def is_starter(self) -> bool:
        """Is it a spec on top of the data app?"""
        return self.source.endswith(_SPEC)


class _Manifest(msgspec.Struct, frozen=True):
    """The keys of cookiecutter.json that are read. Being private, they are no questions to cookiecutter."""

    title: str = msgspec.field(default="", name="_title")
    description: str = msgspec.field(default="", name="_description")
    takes_spec: bool = msgspec.field(default=True, name="_takes_spec")


class _Field(msgspec.Struct, frozen=True):
    title: str


class _Entity(msgspec.Struct, frozen=True):
    title: str
    plural: str | None = None
    fields: tuple[_Field, ...] = ()


class _Spec(msgspec.Struct, frozen=True):
    """What a list of starters says of a spec; whether it can run is found out when an app is made of it."""

    title: str
    description: str | None = None
    entities: tuple[_Entity, ...] = ()


def is_path(name: str) -> bool:
    """Tell whether a template is named by its folder, wherever that is."""
    return name.startswith("/")


def templates(folder: Path) -> tuple[TemplateInfo, ...]:
    """Return the templates in `folder`: its folders by name, then starters; what is neither is passed over.

    Raises:
        TemplateFailed: one of them cannot be read.
    """
    return tuple(_info(name, source) for name, source in _sources(folder).items())


def template_named(folder: Path, name: str) -> TemplateInfo:
    """Return the template called `name` in `folder`.

    Raises:
        TemplateUnknown: there is none of that name; the hint lists those there are.
    """
    known = _sources(folder)
    if name not in known:
        names = ", ".join(known) or f"none: {folder} holds no template"
        raise TemplateUnknown(f"there is no template called {name!r}", hint=f"templates: {names}")
    return _info(name, known[name])


def template_path(folder: Path, name: str) -> Path:
    """Return where the template called `name` in `folder` is; raise TemplateUnknown."""
    return Path(template_named(folder, name).source)


def _sources(folder: Path) -> dict[str, Path]:
    """Return folder or spec of each template by its name, in the order of the list; reads none of them."""
    folders = {manifest.parent.name: manifest.parent for manifest in sorted(folder.glob(f"*/{MANIFEST}"))}
    specs = {spec.stem: spec for spec in sorted(folder.glob(f"*{_SPEC}"))}
    data_app = folders.get(DATA_APP)
    found = {} if data_app is None else {DATA_APP: data_app, DASHBOARD: data_app}
    for name, source in (*folders.items(), *specs.items()):
        found.setdefault(name, source)
    return found


def _info(name: str, source: Path) -> TemplateInfo:
    if name == DASHBOARD and source.name == DATA_APP:
        return _over(source)
    return _of_spec(source) if source.suffix == _SPEC else _of_folder(source)


def _of_folder(folder: Path) -> TemplateInfo:
    said = _read(folder / MANIFEST, _Manifest)
    return TemplateInfo(
        name=folder.name,
        title=said.title or folder.name.replace("_", " ").capitalize(),
        description=said.description,
        source=str(folder),
        takes_spec=said.takes_spec,
        picture=_picture(folder),
    )


def _over(data_app: Path) -> TemplateInfo:
    return TemplateInfo(
        name=DASHBOARD,
        title="Dashboard over a database",
        description="Tables, charts and REST over a database: read where it is, never written to.",
        source=str(data_app),
    )


def _of_spec(path: Path) -> TemplateInfo:
    said = _read(path, _Spec)
    return TemplateInfo(
        name=path.stem,
        title=said.title,
        description=said.description or "",
        takes_spec=False,
        source=str(path),
        entities=tuple(
            Sketch(title=entity.plural or entity.title, fields=tuple(field.title for field in entity.fields))
            for entity in said.entities
        ),
        picture=_picture(path),
    )


def _picture(source: Path) -> str:
    """Return the picture that lies beside a template, under its name."""
    picture = source.with_suffix(_PICTURE)
    return str(picture) if picture.is_file() else ""


def _read(file: Path, kind: type[_Said]) -> _Said:
    """Return what a file of a template says; raise TemplateFailed."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError) as error:
        raise TemplateFailed(f"cannot read {file}: {error}", hint="repair or remove that template") from error
