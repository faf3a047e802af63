"""Descriptions in other languages than English: read by their words, or declined by name."""

import pytest

from proposals import entities, propose, references, spec_of, types
from protoddfd.design.foreign.wording import pieces
from protoddfd.design.languages import language_of, read
from protoddfd.design.lexicon_files import phrases, sections
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


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("Jedes Mitglied leiht ein Buch aus.", "each member borrows a book."),
        ("Wir haben Kunden und das Lieferdatum.", "we have customers and the delivery date."),
        ("Ich will wissen, wer welches Werkzeug bezahlt hat.", "who has paid which tool."),
        ("Für die Werkstatt brauche ich Rechnungen.", "i need invoices."),
        ("Wir notieren die Spielzeugspende jedes Kunden.", "toy donation"),
        ("Tenemos pedidos con fecha de entrega y número de serie.", "delivery date and serial number"),
        ("Los socios con nombre completo y la cuota mensual.", "full name and the monthly fee"),
        ("Cada mueble se pesa y el cliente lo paga.", "is weighed and the customer pays."),
        ("Les clients avec une date de livraison et un numéro.", "customers with a delivery date"),
        (
            "Qui emprunte quoi, et quand c'est rendu, avec le nom.",
            "who borrows what, and when it is returned",
        ),
        (
            "As encomendas com data de entrega e o cliente que paga.",
            "delivery date and the customer who pays",
        ),
        ("I soci portano le olive e chi ha preso cosa.", "the members bring the olives and who took what"),
    ],
)
def test_sentences_are_put_into_the_words_and_the_order_of_english(text: str, english: str) -> None:
    assert english in read(text).text


@pytest.mark.parametrize(
    ("word", "code", "english"),
    [
        ("Mitgliedsbeitrag", "de", "member fee"),
        ("Spielzeugverleih", "de", "toy rental"),
        ("Geraete", "de", "devices"),
        ("Gebuehr", "de", "fee"),
        ("Schülerinnen", "de", "students"),
        ("veces", "es", "times"),
        ("profesora", "es", "teacher"),
        ("chevaux", "fr", "horses"),
        ("animatrices", "fr", "coaches"),
        ("inscrições", "pt", "enrollments"),
        ("amiche", "it", "friends"),
    ],
)
def test_forms_of_a_word_are_known_without_being_listed(word: str, code: str, english: str) -> None:
    found, _ = pieces(word, code)
    assert [piece.english for piece in found] == [english]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Drohnenflüge: Pilot, Startzeit, Gewicht, Ort, Zweck", "de"),
        ("squadre, allenatore, partite, arbitro, risultato", "it"),
        ("paniers, adhérents, producteurs, livraisons", "fr"),
        ("customers: name, phone, orders with a total, date", "en"),
    ],
)
def test_a_list_of_names_without_small_words_has_a_language_too(text: str, code: str) -> None:
    assert language_of(text) == code


def test_a_title_of_two_words_keeps_their_order_in_the_language_of_the_description() -> None:
    spec = spec_of("Tenemos clientes con nombre, y cada pedido tiene fecha de entrega y precio final.")
    titles = [each.title for each in spec.entity("Order").fields]
    assert "Fecha de entrega" in titles
    assert "Precio final" in titles


@pytest.mark.parametrize("code", ["de", "es", "fr", "pt", "it"])
def test_every_line_of_the_glossary_has_a_word_in_each_language(code: str) -> None:
    column = ["de", "es", "fr", "pt", "it"].index(code)
    for name in phrases("glossary/files.txt", "nouns"):
        for line in sections(f"glossary/{name}.txt")[""]:
            cells = [cell.strip() for cell in line.split(" | ")]
            assert len(cells) == 6, line
            assert cells[column + 1], line
