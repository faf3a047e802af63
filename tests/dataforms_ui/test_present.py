"""What the browser gets is made from spec and records alone."""

from datetime import date

import msgspec

from dataforms.forms import Layout, layout_of
from dataforms.spec import AppSpec, Entity, Field
from dataforms.typerow import Attachment
from dataforms.types import Value
from dataforms.ui import entry, present, present_form
from dataforms.ui.icons import ICONS, icon_name
from dataforms.ui.shapes import Cell, Input

NAME = Field(name="name", title="Name", type="text", required=True)


def cell(field: Field, value: Value, label: str = "") -> Cell:
    entity = Entity(name="Thing", title="Thing", fields=(field,))
    return present.cells(entity, 1, {field.name: value}, {field.name: label})[0]


def form_input(field: Field, value: Value = None) -> Input:
    entity = Entity(name="Thing", title="Thing", fields=(field,))
    return present_form.inputs(layout(entity), {field.name: value}, {})[0]


def layout(entity: Entity) -> Layout:
    return layout_of(AppSpec(name="a", title="A", entities=(entity,)), entity)


def test_an_empty_value_is_drawn_as_none_whatever_its_type() -> None:
    for field in (
        NAME,
        Field(name="n", title="N", type="integer"),
        Field(name="b", title="B", type="boolean"),
    ):
        assert cell(field, None)["kind"] == "none"


def test_numbers_stand_at_the_end_of_their_column() -> None:
    assert "align-end" in cell(Field(name="n", title="N", type="integer"), 12)["look"]


def test_an_enum_keeps_its_tone_by_its_place_among_the_choices() -> None:
    field = Field(name="status", title="Status", type="enum", choices=("Open", "Paid"))
    assert cell(field, "Paid")["chips"] == [{"text": "Paid", "look": "df-chip tone-1"}]


def test_a_web_address_links_to_all_of_it_and_shows_it_without_the_scheme() -> None:
    found = cell(Field(name="site", title="Site", type="url"), "https://example.com/")
    assert (found["kind"], found["extra"], found["text"]) == ("link", "https://example.com/", "example.com")


def test_an_email_address_links_to_a_new_message() -> None:
    found = cell(Field(name="mail", title="Mail", type="email"), "ana@example.com")
    assert found["extra"] == "mailto:ana@example.com"


def test_a_picture_is_drawn_and_another_file_named_and_both_link_to_their_record() -> None:
    photo = Attachment(name="a b.png", size=3, type="image/png", digest="ab" * 32)
    found = cell(Field(name="photo", title="Photo", type="image"), photo)
    assert (found["kind"], found["text"]) == ("picture", "a b.png")
    assert found["extra"] == "/files/thing/1/photo/a%20b.png?abababababab"
    page = msgspec.structs.replace(photo, type="image/svg+xml")
    assert cell(Field(name="photo", title="Photo", type="file"), page)["kind"] == "file"


def test_the_input_of_a_file_says_what_it_may_be_and_how_large() -> None:
    found = form_input(Field(name="f", title="F", type="file", accept=(".pdf", "image/*"), max_mib=3))
    assert (found["accept"], found["placeholder"], found["max"]) == (".pdf,image/*", "PDF, any image", "3")
    anything = form_input(Field(name="f", title="F", type="file"))
    assert (anything["accept"], anything["placeholder"], anything["max"]) == ("", "", "10")
    assert form_input(Field(name="f", title="F", type="text"))["accept"] == ""


def test_a_rating_says_in_words_what_its_stars_show() -> None:
    found = cell(Field(name="stars", title="Stars", type="rating"), 3)
    assert (found["extra"], found["text"]) == ("★★★☆☆", "3 of 5")


def test_a_reference_shows_the_label_of_its_record() -> None:
    field = Field(name="customer", title="Customer", type="reference", target="Customer")
    assert cell(field, 7, "Ada")["text"] == "Ada"


def test_the_display_field_stands_out() -> None:
    assert "is-main" in cell(NAME, "Ada")["look"]


def test_markup_in_a_value_stays_text() -> None:
    assert cell(NAME, "<script>alert(1)</script>")["text"] == "<script>alert(1)</script>"


def test_hidden_fields_have_no_column_and_no_input() -> None:
    entity = Entity(
        name="Thing", title="Thing", fields=(NAME, Field(name="secret", title="S", type="text", hidden=True))
    )
    assert [column["name"] for column in present.columns(entity, "")] == ["name"]
    assert [each["name"] for each in present_form.inputs(layout(entity), {}, {})] == ["name"]


def test_a_column_says_how_it_is_sorted() -> None:
    entity = Entity(name="Thing", title="Thing", fields=(NAME, Field(name="data", title="D", type="json")))
    for sort, order in (("", "none"), ("name", "ascending"), ("-name", "descending")):
        assert [column["order"] for column in present.columns(entity, sort)] == [order, ""]


def test_the_pager_counts_from_one() -> None:
    assert present.pager(2, 25, 60)["text"] == "26–50 of 60"
    last = present.pager(3, 25, 60)
    assert (last["text"], last["pages"], last["last"]) == ("51–60 of 60", 3, True)


def test_an_empty_table_has_one_page() -> None:
    found = present.pager(1, 25, 0)
    assert (found["pages"], found["first"], found["last"]) == (1, True, True)


def test_an_input_has_the_text_that_parses_back_to_its_value() -> None:
    assert form_input(Field(name="d", title="D", type="date"), date(2026, 3, 1))["value"] == "2026-03-01"


def test_money_shows_its_currency_beside_the_input() -> None:
    assert form_input(Field(name="m", title="M", type="money", currency="EUR"))["affix"] == "EUR"


def test_ticked_boxes_become_their_choices() -> None:
    field = Field(name="tags", title="Tags", type="multi_enum", choices=("a", "b", "c"))
    entity = Entity(name="Thing", title="Thing", fields=(field,))
    names = [choice["value"] for choice in form_input(field)["choices"]]
    assert entry.typed_values(entity.fields, {names[0]: "on", names[2]: "on"}) == {"tags": ["a", "c"]}


def test_a_box_that_sends_nothing_stands_for_false() -> None:
    entity = Entity(name="Thing", title="Thing", fields=(Field(name="ok", title="OK", type="boolean"),))
    assert entry.typed_values(entity.fields, {}) == {"ok": False}
    assert entry.typed_values(entity.fields, {"ok": "on"}) == {"ok": True}


def test_what_the_form_has_no_input_for_is_not_sent() -> None:
    entity = Entity(
        name="Thing", title="Thing", fields=(NAME, Field(name="no", title="No", type="auto_number"))
    )
    assert entry.typed_values(entity.fields, {"name": "x", "no": "5", "id": "1"}) == {"name": "x"}


def test_an_icon_that_is_not_in_the_set_gives_way_to_one_that_is() -> None:
    assert icon_name("no-such-icon", "Customer") in ICONS
    assert icon_name("truck", "Customer") == "truck"
    assert icon_name(None, "Order Item") == "box"
    assert icon_name(None, "Quux") == "table"


def test_a_table_is_found_by_its_address_alone() -> None:
    entity = Entity(name="Order Item", title="Order Item", fields=(NAME,))
    spec = AppSpec(name="a", title="A", entities=(entity,))
    assert present.entity_of(spec, "order_item") is entity
    assert present.entity_of(spec, "nope") is None
