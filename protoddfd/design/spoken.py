"""Where a description speaks of its entities, and how near each of them is to another phrase."""

from collections.abc import Sequence
from functools import cached_property

from protoddfd.design.draft import Draft
from protoddfd.design.mentioning import Mention


class Spoken:
    """The noun phrases and verbs of a description in order, and which speak of the draft's entities."""

    def __init__(self, draft: Draft, mentions: Sequence[Mention]) -> None:
        self.draft = draft
        self.mentions = [each for each in mentions if each.where != "word"]
        names = {also: key for key, entity in draft.entities.items() for also in (key, *entity.aliases)}
        self.entities = [names.get(each.key, "") for each in self.mentions]
        """The key of the entity that is spoken of at each place; `` for none."""
        self.outer = [names.get(each.outer, "") for each in self.mentions]
        """The key of the entity in whose brackets each place stands."""

    @cached_property
    def before(self) -> list[tuple[str, ...]]:
        """Return, for each place, the entities before it in its sentence, the nearest first."""
        return self._beside(range(len(self.mentions)))

    @cached_property
    def behind(self) -> list[tuple[str, ...]]:
        """Return, for each place, the entities behind it in its sentence, the nearest first."""
        return self._beside(range(len(self.mentions) - 1, -1, -1))

    def _beside(self, places: range) -> list[tuple[str, ...]]:
        found: list[tuple[str, ...]] = [()] * len(self.mentions)
        seen: tuple[str, ...] = ()
        number = -1
        for place in places:
            mention, key = self.mentions[place], self.entities[place]
            if mention.number != number:
                seen, number = (), mention.number
            found[place] = seen
            if key and not mention.outer:
                seen = (key, *(each for each in seen if each != key))
        return found

    def nearness(self, key: str, place: int) -> str:
        """Return how an entity stands to a place: whose it is, or on which side with how many between."""
        if self.outer[place]:
            return "around" if self.outer[place] == key else "not around"
        mention = self.mentions[place]
        noun, head = mention.chunks[mention.at], key.split()[-1]
        if noun.owner and head == noun.owner[-1]:
            return "possessing"
        if "of" in noun.words[1:] and head in {each.lemma for each in noun.tokens}:
            return "of"
        before, behind = self.before[place], self.behind[place]
        if key in before:
            return f"before {min(2, before.index(key))} {min(2, len(behind))}"
        if key in behind:
            return f"behind {min(2, behind.index(key))} {min(2, len(before))}"
        return self._elsewhere(key, mention.number, bare=not before)

    def _elsewhere(self, key: str, number: int, *, bare: bool) -> str:
        """Return where an entity is spoken of that is not in the sentence with this number."""
        said = [(self.mentions[at].number, each) for at, each in enumerate(self.entities) if each]
        earlier = [each for each in said if each[0] < number]
        if bare and earlier and earlier[-1][1] == key:
            return f"earlier {number - earlier[-1][0] < 2}"
        if any(each == key for _, each in earlier):
            return "long before"
        return "later" if any(each == key for _, each in said) else "unspoken"

    def nearest(self, place: int, *, but: str) -> str:
        """Return the key of the entity that is nearest to a place, other than one; `` for none."""
        if self.outer[place]:
            near: tuple[str, ...] = (self.outer[place],)
        else:
            near = (*self.before[place][:1], *self.behind[place][:1])
        return next((key for key in near if key != but), "")
