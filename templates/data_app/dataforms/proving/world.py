"""Two databases with the same records: one of the app as it is, one of the spec that its rules come from.

The second says which records a rule is about; the first is asked whether it keeps to it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from dataforms.access import EVERYTHING, Access
from dataforms.database import Database
from dataforms.errors import DataError, FieldError, RecordInvalid
from dataforms.expression import constants
from dataforms.pattern_texts import matching
from dataforms.sample import in_order
from dataforms.spec import AppSpec, Entity, Field
from dataforms.standing import Standing
from dataforms.transaction import Transaction
from dataforms.typerow import Value
from dataforms.types import is_given, type_of

TRIES = 400
"""How many records are made up in search of one that a rule is about."""
RECORDS = 6
Raw = dict[str, object]
Wanted = Callable[[Standing, Mapping[str, Value]], bool]


class _TakenBack(Exception):
    """Ends a transaction in which something was only tried."""


class World:
    """The databases, and records that are not stored in them yet."""

    def __init__(self, rules: AppSpec, app: Database, twin: Database) -> None:
        self.rules, self._app, self._twin = rules, app, twin
        self._ids: dict[str, list[int]] = {}
        for entity in in_order(rules):
            chance = Random(entity.name)  # noqa: S311 - the same every time
            self._ids[entity.name] = []
            for _ in range(RECORDS):
                values = self.record(entity.name, chance=chance)
                self._ids[entity.name].append(twin.insert(entity.name, values))
                app.insert(entity.name, values)

    def ids(self, entity: str) -> list[int]:
        """Return the ids of the records that are there."""
        return self._ids[entity]

    def record(self, entity: str, *, chance: Random | None = None) -> Raw:
        """Return raw values that keep every rule.

        Raises:
            LookupError: none was found.
        """
        return self.search(entity, lambda now, values: True, chance=chance)

    def search(
        self,
        entity: str,
        wanted: Wanted,
        fixed: Mapping[str, object] = {},
        *,
        is_kept: bool = True,
        chance: Random | None = None,
    ) -> Raw:
        """Return raw values of which `wanted` holds: it gets how the conditions stand, and canonical values.

        Some of them may be `fixed`. They keep every rule, unless `is_kept` says otherwise.

        Raises:
            LookupError: none was found.
        """
        described = self._twin.spec.entity(entity)
        chance = chance or Random(entity)  # noqa: S311 - the same every time
        for number in range(TRIES):
            raw = {**self._made_up(described, chance, is_wild=number % 4 != 0), **fixed}
            values = _canonical(described, raw)
            if values is None or not wanted(self._twin.standing(entity, values), values):
                continue
            if not is_kept or not _faults(self._twin, entity, raw):
                return raw
        raise LookupError(f"No record of {entity} was found to try this with.")

    def faults(self, entity: str, raw: Mapping[str, object], access: Access = EVERYTHING) -> dict[str, str]:
        """Return what the app says is wrong with a new record, by field; `*` is a refusal of another kind."""
        return _faults(self._app.acting(access), entity, raw)

    def stored(self, entity: str, raw: Mapping[str, object]) -> int:
        """Store a record in the app and its twin; return its id."""
        self._twin.insert(entity, raw)
        return self._app.insert(entity, raw)

    @property
    def app(self) -> Database:
        """Return the app's database."""
        return self._app

    def _made_up(self, entity: Entity, chance: Random, *, is_wild: bool) -> Raw:
        fields = [field for field in entity.fields if is_given(field) and not field.read_only]
        raw: Raw = {}
        for field in fields:
            raw[field.name] = self._value(entity, field, chance, is_wild=is_wild)
        return raw

    def _value(self, entity: Entity, field: Field, chance: Random, *, is_wild: bool) -> object:
        row = type_of(field)
        if field.target is not None:
            known = self._ids.get(field.target, [])
            return chance.choice(known) if known and (field.required or chance.random() < 0.8) else None
        if is_wild and not field.required and chance.random() < 0.3:
            return None
        if is_wild and chance.random() < 0.4:
            hinted = [each for each in _hints(entity) if _is_right(field, each)]
            if hinted:
                return chance.choice(hinted)
        if field.pattern is not None:
            return matching(field.pattern, chance)
        return None if row.sample is None else row.sample(chance, field)


@contextmanager
def world(rules: AppSpec, app: AppSpec) -> Iterator[World]:
    """Lend the world in which the rules of one spec are tried on an app of another."""
    with TemporaryDirectory() as folder:
        specs = (("app", app), ("twin", rules))
        databases = [Database(spec, f"sqlite:///{Path(folder) / name}.db") for name, spec in specs]
        try:
            for database in databases:
                database.create()
            yield World(rules, *databases)
        finally:
            for database in databases:
                database.close()


def _faults(database: Database, entity: str, raw: Mapping[str, object]) -> dict[str, str]:
    try:
        with taken_back(database) as transaction:
            transaction.insert(entity, raw)
    except RecordInvalid as refused:
        return refused.errors
    except DataError as refused:
        return {"*": str(refused)}
    return {}


@contextmanager
def taken_back(database: Database) -> Iterator[Transaction]:
    """Lend a transaction, and take back what is done in it."""
    with suppress(_TakenBack), database.transaction() as transaction:
        yield transaction
        raise _TakenBack


def _canonical(entity: Entity, raw: Mapping[str, object]) -> dict[str, Value] | None:
    values: dict[str, Value] = {}
    for field in entity.fields:
        if field.name in raw:
            try:
                values[field.name] = type_of(field).parse(raw[field.name], field)
            except FieldError:
                return None
    return values


def _hints(entity: Entity) -> list[object]:
    """Return the constants in the expressions of an entity: what its conditions turn on."""
    texts = [rule.expression for rule in entity.rules]
    for field in entity.fields:
        texts += [field.visible_when, field.required_when, field.read_only_when]
        texts += [each.when for each in field.choices_when]
    return [value for text in texts if text is not None for value in constants(text)]


def _is_right(field: Field, value: object) -> bool:
    try:
        type_of(field).parse(value, field)
    except FieldError:
        return False
    return True
