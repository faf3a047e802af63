"""What the conditions of a spec mean for one record: what is hidden, required, fixed, allowed, and broken."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.around import ALONE, Around, Rows
from dataforms.asker import Asker
from dataforms.computing import Computing
from dataforms.meaning import Along, Apply, Meaning, Member, Total, understand
from dataforms.scope import SpecScope
from dataforms.spec import AppSpec, Entity
from dataforms.standing import Standing
from dataforms.typerow import Value


class Conditions:
    """The conditions, checks and computed fields of one spec, understood once."""

    def __init__(self, spec: AppSpec, computing: Computing) -> None:
        self._spec, self._computing = spec, computing
        self._asked = {entity.name: tuple(_asked(spec, entity)) for entity in spec.entities}

    def depend(self, entity: Entity) -> bool:
        """Tell whether anything about a record of `entity` depends on its values."""
        return bool(self._asked[entity.name])

    def standing(
        self,
        connection: Connection,
        entity: Entity,
        values: Mapping[str, Value],
        asker: Asker,
        around: Around = ALONE,
    ) -> Standing:
        """Return how the conditions stand for a record with these values; one question to the database."""
        asked = self._asked[entity.name]
        if not asked:
            return Standing()
        columns = [
            self._computing.of_values(entity, each.meaning, values, asker, around).label(f"c{place}")
            for place, each in enumerate(asked)
        ]
        answers = connection.execute(sa.select(*columns)).one()
        return _standing(entity, list(zip(asked, answers, strict=True)))

    def apart(self, entity: Entity) -> bool:
        """Tell whether the conditions of a record ask nothing that another record of `entity` can change."""
        return all(self._is_apart(each.meaning, entity, entity) for each in self._judging(entity))

    def fix(self, entity: Entity) -> bool:
        """Tell whether a condition keeps a stored value of a record of `entity` from being changed."""
        return any(each.decides == "read_only_when" for each in self._asked[entity.name])

    def restrain(self, entity: Entity) -> bool:
        """Tell whether any condition forbids, hides or demands something in a record of `entity`."""
        return bool(self._judging(entity))

    def standings(
        self,
        connection: Connection,
        entity: Entity,
        rows: sa.FromClause,
        place: sa.ColumnElement[int],
        asker: Asker,
    ) -> dict[int, Standing]:
        """Return how the conditions stand for each of some rows with an entity's columns, by their place.

        What is computed is left out.
        """
        asked = self._judging(entity)
        columns = [
            self._computing.of_rows(entity, each.meaning, rows, asker).label(f"c{number}")
            for number, each in enumerate(asked)
        ]
        answers = connection.execute(sa.select(place, *columns).select_from(rows).order_by(place))
        return {row[0]: _standing(entity, list(zip(asked, row[1:], strict=True))) for row in answers}

    def _judging(self, entity: Entity) -> list["_Asked"]:
        return [each for each in self._asked[entity.name] if each.decides != "expression"]

    def _is_apart(self, meaning: Meaning, here: Entity, changing: Entity) -> bool:
        match meaning:
            case Total():
                return False
            case Along():
                field = next((each for each in here.fields if each.name == meaning.name), None)
                if field is None or field.target in (None, changing.name):
                    return False
                return self._is_apart(meaning.each, self._spec.entity(field.target or ""), changing)
            case Apply():
                return all(self._is_apart(each, here, changing) for each in meaning.arguments)
            case Member():
                return self._is_apart(meaning.value, here, changing)
            case _:
                return True

    def of_family(
        self,
        connection: Connection,
        entity: Entity,
        values: Mapping[str, Value],
        asker: Asker,
        children: Rows,
    ) -> Standing:
        """Return how the conditions stand for a record and for the rows typed below it."""
        around = Around(children=children)
        fields = {field.name: field for field in entity.fields}
        rows: dict[str, tuple[Standing, ...]] = {}
        for name, typed in children.items():
            child = self._spec.entity(fields[name].target or "")
            beside = Around(via=fields[name].via or "", parent=values, of_parent=around)
            rows[name] = tuple(self.standing(connection, child, row, asker, beside) for row in typed)
        mine = self.standing(connection, entity, values, asker, around)
        return msgspec.structs.replace(mine, rows=rows)


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One expression: what it decides about which field, or which rule."""

    decides: str
    """An attribute of a field, `check`, or `expression` for a computed field."""
    about: str
    place: int
    meaning: Meaning


def _asked(spec: AppSpec, entity: Entity) -> list[_Asked]:
    scope = SpecScope(spec, entity)
    found: list[_Asked] = []

    def ask(decides: str, about: str, text: str, place: int = 0) -> None:
        found.append(_Asked(decides=decides, about=about, place=place, meaning=understand(text, scope)))

    for field in entity.fields:
        for name in ("visible_when", "required_when", "read_only_when", "expression"):
            text = getattr(field, name)
            if text is not None:
                ask(name, field.name, text)
        for place, entry in enumerate(field.choices_when):
            ask("choices_when", field.name, entry.when, place)
    for place, rule in enumerate(entity.rules):
        if rule.kind == "check" and rule.expression is not None:
            ask("check", "", rule.expression, place)
    return found


def _standing(entity: Entity, answers: Sequence[tuple[_Asked, Any]]) -> Standing:
    fields = {field.name: field for field in entity.fields}

    def named(decides: str, *, held: bool) -> frozenset[str]:
        return frozenset(
            asked.about for asked, answer in answers if asked.decides == decides and (answer is True) is held
        )

    choices: dict[str, tuple[str, ...]] = {}
    for asked, answer in answers:
        if asked.decides == "choices_when" and answer is True:
            choices.setdefault(asked.about, fields[asked.about].choices_when[asked.place].choices)
    return Standing(
        hidden=named("visible_when", held=False),
        required=named("required_when", held=True),
        fixed=named("read_only_when", held=True),
        choices=choices,
        broken=tuple(
            entity.rules[asked.place]
            for asked, answer in answers
            if asked.decides == "check" and answer is False
        ),
        computed={asked.about: answer for asked, answer in answers if asked.decides == "expression"},
    )
