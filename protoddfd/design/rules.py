"""The rules designer: from a description in words to a spec, with neither a model nor a network."""

from protoddfd.design import languages, mentions
from protoddfd.design.assemble import assemble
from protoddfd.design.blocks import statements
from protoddfd.design.complete import complete
from protoddfd.design.designer import Design
from protoddfd.design.draft import Draft
from protoddfd.design.housing import house
from protoddfd.design.linking import connect
from protoddfd.design.mentioning import Mention, mentions_of
from protoddfd.design.notes import confidence, notes
from protoddfd.design.prelude import without_frame
from protoddfd.design.reading import read
from protoddfd.design.refusals import check_language, check_sense
from protoddfd.design.resolve import gather, resolve
from protoddfd.design.spelling import corrected
from protoddfd.design.stated import stated
from protoddfd.design.stated.tails import without_tails
from protoddfd.design.stated.tongues import in_english
from protoddfd.design.titles import app_name, app_title
from protoddfd.design.wishes import without_orders


class RulesDesigner:
    """A `Designer` of grammar and word lists; the same text gives the same bytes every time."""

    name = "rules"

    def design(self, text: str, *, name: str | None = None, title: str | None = None) -> Design:
        """Return a proposal for a description; raise DesignRefused for what describes no data to keep."""
        draft = draft_of(text)
        shown = title or app_title(draft, text)
        drafted = assemble(draft, name or app_name(shown), shown)
        found = stated(drafted, draft.text, draft.language)
        return Design(
            spec=found.spec,
            notes=notes(draft, drafted, found),
            confidence=confidence(draft),
            designer=self.name,
        )


def draft_of(text: str) -> Draft:
    """Return what is understood of a description; raise DesignRefused when it makes no sense."""
    draft, spoken = prepared(text)
    resolve(draft, spoken)
    complete(draft)
    house(draft, spoken)
    connect(draft)
    check_sense(draft, text)
    return draft


def prepared(text: str) -> tuple[Draft, list[Mention]]:
    """Return what a description says and speaks of, before anything is decided; raise DesignRefused."""
    meant, orders = without_orders(text)
    understood = languages.read(meant)
    check_language(understood.language)
    draft = Draft(language=understood.language, titles=dict(understood.titles), orders=orders)
    plain = understood.text
    if understood.language == "en":
        plain, draft.spelled = corrected(plain)
    draft.text = in_english(plain, understood.language)
    said = statements(without_frame(without_tails(plain)))
    read(draft, said)
    mentions.count(draft, said)
    gather(draft)
    return draft, list(mentions_of(said))
