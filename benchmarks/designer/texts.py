"""Descriptions with the answers of analysts, one JSON value a line."""

from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent / "texts"


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Something with a name and other names that are as good; optional ones may be left out."""

    name: str
    aka: tuple[str, ...] = ()
    optional: bool = False


class WantedField(Named, frozen=True, kw_only=True):
    """A field, and the types that are right for it."""

    types: tuple[str, ...] = ()
    type: str = ""


class WantedEntity(Named, frozen=True, kw_only=True):
    """An entity and its fields."""

    fields: tuple[WantedField, ...] = ()


class WantedRelation(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A relation between two entities."""

    from_: str
    to: str
    kind: str
    optional: bool = False


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A description and its answer; `must_not` lists what no answer may contain."""

    id: str
    style: str
    kind: str
    text: str
    entities: tuple[WantedEntity, ...] = ()
    relations: tuple[WantedRelation, ...] = ()
    must_not: tuple[str, ...] = ()


def load(path: Path) -> list[Text]:
    """Return the descriptions in a file."""
    lines = path.read_text("utf-8").splitlines()
    return [msgspec.json.decode(line, type=Text) for line in lines if line.strip()]
