"""Descriptions in other languages than English: read by their words, or declined by name."""

import pytest

from proposals import entities, propose, references, spec_of, types
from protoddfd.errors import DesignRefused


@pytest.mark.parametrize(
    "text",
    [
        "Verein: Mitglieder mit Name, Geburtsdatum und E-Mail, Kurse mit Titel und Preis.",
        "Club: los socios con nombre, fecha de nacimiento y correo, cursos con título y precio.",
        "Club : les membres avec nom, date de naissance et email, les cours avec titre et prix.",
        "Clube: os membros com nome, data de nascimento e e-mail, os cursos com título e preço.",
        "Un circolo: i membri con nome, data di nascita e email, i corsi con titolo e prezzo.",
    ],
)
def test_the_same_description_is_the_same_app_in_five_languages(text: str) -> None:
    assert entities(text) == ["Member", "Course"]
    assert types(text, "Member") == {"name": "text", "date_of_birth": "date", "email": "email"}
    assert types(text, "Course") == {"title": "text", "price": "money"}


def test_titles_stay_in_the_language_of_the_description() -> None:
    spec = spec_of(
        "Wir haben Mitglieder mit Name und Geburtsdatum, und jede Zahlung gehört zu einem Mitglied."
    )
    assert spec.language == "de"
    assert spec.entity("Member").title == "Mitglied"
    assert [each.title for each in spec.entity("Member").fields] == ["Name", "Geburtsdatum"]


def test_german_compounds_are_read_by_their_parts() -> None:
    text = "Wir haben Kunden mit Name und die Kundentermine mit Datum und Uhrzeit."
    assert "Customer Appointment" in entities(text)


def test_links_are_found_in_other_languages() -> None:
    text = "Tenemos clientes con nombre y teléfono, y cada pedido pertenece a un cliente."
    assert references(text) == {("Order", "Customer")}


def test_a_note_says_in_which_language_a_description_was_read() -> None:
    found = propose("Nous avons des clients avec nom et téléphone, et des commandes avec la date.")
    assert any("French" in note for note in found.notes)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wij hebben een winkel met klanten en elke klant heeft een naam en het adres van de klant", "Dutch"),
        ("Клиенты с именем и телефоном", "Cyrillic"),
        ("顧客の名前と電話番号", "Chinese"),
        ("عملاء مع الاسم والهاتف", "Arabic"),
    ],
)
def test_a_language_that_cannot_be_read_is_declined_by_name(text: str, language: str) -> None:
    with pytest.raises(DesignRefused, match=language) as refused:
        propose(text)
    assert "English" in refused.value.hint
