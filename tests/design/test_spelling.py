"""Typing errors: put right where a text is typed in haste, left alone where it is not."""

from proposals import entities, propose, types
from protoddfd.design.spelling import corrected


def test_a_text_typed_in_haste_is_understood() -> None:
    text = "swiming clup: membrs w nam, emial n birth dat, leson bokings (dat, prise, payd yes/no)"
    assert entities(text)[0] == "Member"
    assert types(text, "Member")["email"] == "email"


def test_a_note_tells_what_was_read_as_what() -> None:
    design = propose("we hav custmers with phon and adress, evry custmer has sevral ordrs with dat and prise")
    assert any("custmers → customers" in note for note in design.notes)


def test_a_rare_word_in_a_careful_text_stays() -> None:
    assert entities("Our society keeps theodolites with a name, a maker and a year.") == ["Theodolite"]


def test_plurals_and_rare_words_of_careful_writing_stay() -> None:
    text = "Brewery: batches with a gravity and a date, glasses with a volume, wheatgrass with a weight."
    assert corrected(text) == (text, [])
