"""What descriptions say of when fields are shown or required, what values must be, what should stand out."""

import pytest

from dataforms.check import problems
from proposals import propose, spec_of
from protoddfd.spec import Field

CLAIMS = (
    "Claims with number, kind (travel, meal), amount, paid yes/no, payment date, status (open, approved, "
    "rejected), reason and mileage. "
)
SHIFTS = "Shifts with title, start date, end date, capacity, wage in EUR. "


def field(text: str, entity: str, name: str) -> Field:
    spec = spec_of(text)
    assert problems(spec) == ()
    return next(each for each in spec.entity(entity).fields if each.name == name)


@pytest.mark.parametrize(
    ("said", "name", "when"),
    [
        ("If paid, ask for the payment date.", "payment_date", "paid"),
        ("Show the payment date only if the claim is paid.", "payment_date", "paid"),
        ("Payment date is only shown when paid.", "payment_date", "paid"),
        ("When it is paid we note the payment date.", "payment_date", "paid"),
        ("Hide the payment date unless it is paid.", "payment_date", "paid"),
        ("Hide the reason if approved.", "reason", 'not (status == "Approved")'),
        ("For travel ask for the mileage.", "mileage", 'kind == "Travel"'),
        ("The mileage only for travel.", "mileage", 'kind == "Travel"'),
        ("Show mileage only when kind is travel.", "mileage", 'kind == "Travel"'),
        ("If status is approved or rejected, show the reason.", "reason",
         'status in ["Approved", "Rejected"]'),
    ],
)  # fmt: skip
def test_a_field_is_shown_on_a_condition(said: str, name: str, when: str) -> None:
    assert field(CLAIMS + said, "Claim", name).visible_when == when


@pytest.mark.parametrize(
    ("said", "name", "when"),
    [
        ("A reason is required when rejected.", "reason", 'status == "Rejected"'),
        ("The reason must be given if the status is rejected.", "reason", 'status == "Rejected"'),
        ("If rejected, a reason is mandatory.", "reason", 'status == "Rejected"'),
        ("If the claim is rejected a reason is required.", "reason", 'status == "Rejected"'),
        ("We require a reason when it is rejected.", "reason", 'status == "Rejected"'),
        ("Unless it is paid, a reason is required.", "reason", "not paid"),
        ("If the amount is over 500, a reason is required.", "reason", "amount > 500"),
        ("The payment date is compulsory once paid.", "payment_date", "paid"),
        ("A reason is required if the payment date is missing.", "reason", "payment_date == empty"),
    ],
)
def test_a_field_is_required_on_a_condition(said: str, name: str, when: str) -> None:
    found = field(CLAIMS + said, "Claim", name)
    assert (found.required_when, found.required) == (when, False)


def test_a_field_that_is_asked_for_is_added_if_its_name_says_what_it_is() -> None:
    found = field(
        "Bills with amount and settled yes/no. If settled, ask for the payment date.", "Bill", "payment_date"
    )
    assert (found.type, found.visible_when) == ("date", "settled")


def test_conditions_stand_in_brackets_too() -> None:
    text = "Claims with kind (travel, meal), mileage (only for travel) and wage (at least 5)."
    assert field(text, "Claim", "mileage").visible_when == 'kind == "Travel"'
    assert field(text, "Claim", "wage").min == 5


def test_a_record_is_closed_once_something_holds() -> None:
    spec = spec_of(f"{CLAIMS}Approved claims cannot be changed.")
    assert {each.read_only_when for each in spec.entity("Claim").fields} == {'status == "Approved"'}


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("End date must be after start date.", "end_date > start_date"),
        ("The end date cannot be before the start date.", "end_date >= start_date"),
        ("The end may not be earlier than the start.", "end_date >= start_date"),
        ("The end date must be at least 2 days after the start date.", "end_date >= start_date + 2"),
        ("The start date cannot be in the future.", "start_date <= today"),
        ("Wage must be positive.", "wage > 0"),
    ],
)  # fmt: skip
def test_a_check_holds_between_fields(said: str, rule: str) -> None:
    spec = spec_of(SHIFTS + said)
    assert problems(spec) == ()
    assert rule in [each.expression for each in spec.entity("Shift").rules]


@pytest.mark.parametrize(
    ("said", "bounds"),
    [
        ("Capacity at least 1.", (1, None)),
        ("Capacity must be at least 2 and at most 40.", (2, 40)),
        ("Capacity must be between 3 and 12.", (3, 12)),
        ("Capacity can never be negative.", (0, None)),
        ("Capacity must not exceed 30.", (None, 30)),
        ("Capacity is 4 or more.", (4, None)),
        ("Capacity must be positive.", (1, None)),
        ("Capacity >= 2", (2, None)),
    ],
)
def test_a_bound_is_one_of_the_field(said: str, bounds: tuple[int | None, int | None]) -> None:
    found = field(SHIFTS + said, "Shift", "capacity")
    assert (found.min, found.max) == bounds


@pytest.mark.parametrize(
    ("text", "entity", "expression"),
    [
        ("Loans with item, due date and returned on. Overdue ones red.", "Loan",
         "due_date < today and returned_on == empty"),
        ("Tasks with title, due date, done yes/no. Highlight overdue tasks.", "Task",
         "due_date < today and not done"),
        ("Parts with name, stock and minimum stock. Flag parts below minimum stock.", "Part",
         "stock < minimum_stock"),
        ("Vans with plate and mileage. Show vans whose mileage is over 100000 in red.", "Van",
         "mileage > 100000"),
    ],
)  # fmt: skip
def test_what_should_stand_out_gets_a_tab_and_a_field(text: str, entity: str, expression: str) -> None:
    spec = spec_of(text)
    assert problems(spec) == ()
    assert expression in [each.expression for each in spec.entity(entity).fields]
    assert [each.kind for each in spec.entity(entity).views] == ["table"]


def test_a_choice_that_should_stand_out_is_a_tab_alone() -> None:
    spec = spec_of(f"{CLAIMS}Rejected ones red.")
    [view] = spec.entity("Claim").views
    assert view.filter == {"all": [["status", "any_of", ["Rejected"]]]}


@pytest.mark.parametrize(
    ("text", "entity", "name", "attribute", "wanted"),
    [
        ("Rechnungen mit Betrag, Status (offen, bezahlt) und Zahlungsdatum. Wenn bezahlt, Zahlungsdatum "
         "erforderlich.", "Invoice", "payment_date", "required_when", 'status == "Paid"'),
        ("Buchungen mit Kunde, Menge, Preis und Datum. Menge mindestens 2.", "Booking", "quantity", "min", 2),
        ("Facturas con importe, estado (pendiente, pagada) y fecha de pago. Si está pagada, la fecha de pago "
         "es obligatoria.", "Invoice", "payment_date", "required_when", 'status == "Paid"'),
        ("Faturas com valor, pago sim/não e data de pagamento. Se pago, a data de pagamento é obrigatória.",
         "Invoice", "payment_date", "required_when", "paid"),
        ("Réservations avec client, date de début, quantité, prix. Total = quantité x prix.",
         "Booking", "total", "expression", "quantity * price"),
        ("Prenotazioni con cliente, data di inizio, quantità e prezzo. Totale = quantità x prezzo.",
         "Booking", "total", "expression", "quantity * price"),
    ],
)  # fmt: skip
def test_other_languages_state_conditions_too(
    text: str, entity: str, name: str, attribute: str, wanted: object
) -> None:
    assert getattr(field(text, entity, name), attribute) == wanted


@pytest.mark.parametrize(
    "said",
    [
        "If the moon is full, ask for the reason.",
        "If rejected, ask for the status.",
        "A gift is required when the amount is purple.",
        "The end date must be after the wedding.",
        "When they visit we are happy.",
    ],
)
def test_a_condition_over_what_is_not_there_changes_nothing(said: str) -> None:
    spec = spec_of(CLAIMS + said)
    assert problems(spec) == ()
    for each in spec.entity("Claim").fields:
        assert (each.visible_when, each.required_when, each.read_only_when) == (None, None, None)


def test_a_field_that_is_called_as_its_entity_is_compared() -> None:
    text = "Grades: pupil, grade 1-6, comment. A comment is necessary if the grade is 5 or more."
    assert field(text, "Grade", "comment").required_when == "grade >= 5"


def test_what_could_not_be_done_is_told() -> None:
    notes = propose(f"{CLAIMS}A licence is required when flying.").notes
    assert any("licence is required when flying" in note and "was left out" in note for note in notes)


def test_what_will_be_wrong_some_day_is_no_check() -> None:
    design = propose(f"{SHIFTS}The start date must be in the future.")
    assert design.spec.entity("Shift").rules == ()
    assert any("start_date would be wrong" in note for note in design.notes)


def test_what_has_expired_is_no_longer_valid_whatever_else_was_done() -> None:
    text = "Permits with plate, valid until and paid yes/no. Permits that have expired should be grey."
    spec = spec_of(text)
    [view] = spec.entity("Permit").views
    assert (view.name, view.title) == ("expired", "Expired")
    assert "valid_until < today" in [each.expression for each in spec.entity("Permit").fields]


def test_statements_behind_a_semicolon_are_no_fields() -> None:
    text = "members with name and email, loans with member, due date and returned on; colour overdue ones red"
    spec = spec_of(text)
    assert [each.name for each in spec.entity("Member").fields] == ["name", "email"]
    assert [each.title for each in spec.entity("Loan").views] == ["Overdue"]
