"""What has been understood so far: entities with a score, their fields, and links between them."""

import msgspec


class FieldDraft(msgspec.Struct, kw_only=True):
    """A field that was named, or one that goes without saying."""

    words: tuple[str, ...]
    """Its name's words, in lower case."""
    type: str = ""
    """What it was said or found to be; empty while nothing is known."""
    lemmas: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    target: str = ""
    """The key of an entity it might point at."""
    many: bool = False
    required: bool = False
    unique: bool = False
    min: float | None = None
    max: float | None = None
    default: str | int | float | bool | None = None
    unit: str = ""
    currency: str = ""
    typed: bool = False
    """Was its type written beside it?"""
    why: str = ""

    @property
    def name(self) -> str:
        """Return its words, joined."""
        return " ".join(self.words)


class EntityDraft(msgspec.Struct, kw_only=True):
    """Something that may become an entity. `key` is its name in lower case and in the singular."""

    key: str
    kind: str = ""
    score: float = 0.0
    plural: str = ""
    fields: list[FieldDraft] = msgspec.field(default_factory=list)
    aliases: set[str] = msgspec.field(default_factory=set)
    defined: bool = False
    """Was it given fields of its own?"""
    why: str = ""

    def field(self, name: str) -> FieldDraft | None:
        """Return the field whose words are these."""
        return next((field for field in self.fields if field.name == name), None)


class LinkDraft(msgspec.Struct, kw_only=True):
    """Records of `source` belong to one of `target`, or to several if `many`."""

    source: str
    target: str
    many: bool = False
    strength: float = 1.0
    why: str = ""


class Draft(msgspec.Struct, kw_only=True):
    """Everything understood of a description."""

    entities: dict[str, EntityDraft] = msgspec.field(default_factory=dict)
    links: list[LinkDraft] = msgspec.field(default_factory=list)
    loose: list[tuple[FieldDraft, str]] = msgspec.field(default_factory=list)
    """Fields that were named without an owner, and the key of the entity last spoken of."""
    columns: list[FieldDraft] = msgspec.field(default_factory=list)
    """The names in the header of a table that was given."""
    nouns: list[str] = msgspec.field(default_factory=list)
    """Every noun of a short description, for want of anything better."""
    topic: str = ""
    """The key of what the app is said to be about."""
    wishes: list[str] = msgspec.field(default_factory=list)
    """Sentences that ask for charts, lists or signs rather than data."""
    orders: list[str] = msgspec.field(default_factory=list)
    """Sentences that were not read, because they speak to a machine."""
    together: list[tuple[str, ...]] = msgspec.field(default_factory=list)
    """The keys of the nouns of each statement, in order."""
    language: str = "en"
    titles: dict[str, str] = msgspec.field(default_factory=dict)
    """What things are called in the description's own language, by their English names."""
    text: str = ""
    """What was read: in English, and without typing errors and orders."""
    spelled: list[tuple[str, str]] = msgspec.field(default_factory=list)
    """Words that were taken for typing errors, and what they were read as."""

    def entity(self, key: str, score: float = 0.0, why: str = "") -> EntityDraft:
        """Return the entity of this key, made if need be, with `score` more in its favour."""
        found = self.entities.get(key)
        if found is None:
            found = self.entities[key] = EntityDraft(key=key)
        found.score += score
        found.why = found.why or why
        return found

    def link(
        self, source: str, target: str, *, many: bool = False, strength: float = 1.0, why: str = ""
    ) -> None:
        """Note that records of one entity point at records of another."""
        if source != target:
            self.links.append(LinkDraft(source=source, target=target, many=many, strength=strength, why=why))
