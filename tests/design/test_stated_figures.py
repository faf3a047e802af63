"""What descriptions say of figures: which field is computed, and how."""

import pytest

from dataforms.check import problems
from proposals import propose, spec_of


def expression(text: str, entity: str, name: str) -> str | None:
    spec = spec_of(text)
    assert problems(spec) == ()
    found = {field.name: field for field in spec.entity(entity).fields}
    return found[name].expression if name in found and found[name].type == "computed" else None


ITEMS = "Invoice lines with article, quantity, unit price and line total. "
STAYS = "Stays with guest, check-in, check-out, nights and price per night. "


@pytest.mark.parametrize(
    "said",
    [
        "Line total is quantity times unit price.",
        "The line total is calculated from quantity and unit price.",
        "line total = quantity x unit price",
        "Line total = quantity * unit price",
        "Line total: quantity multiplied by unit price.",
        "Each line total equals quantity × unit price.",
        "Multiply quantity by unit price to get the line total.",
        "The line total should be calculated automatically.",
        "We want the line total worked out as quantity times price.",
    ],
)
def test_a_product_is_read_however_it_is_said(said: str) -> None:
    assert expression(ITEMS + said, "Invoice Line", "line_total") == "quantity * unit_price"


@pytest.mark.parametrize(
    ("text", "entity", "name", "wanted"),
    [
        ("Jobs with hours, hourly rate and travel cost. Total is hours times hourly rate plus travel cost.",
         "Job", "total", "hours * hourly_rate + travel_cost"),
        ("Pallets: gross weight, tare weight, net weight = gross weight - tare weight",
         "Pallet", "net_weight", "gross_weight - tare_weight"),
        ("Sales with net price and fee; fee is 12% of net price.", "Sale", "fee", "net_price * 12 / 100"),
        ("Trips with distance in km and fuel in litres; consumption is fuel divided by distance.",
         "Trip", "consumption", "fuel_litres / distance_km"),
        (f"{STAYS}Nights is check-out minus check-in.", "Stay", "nights", "check_out - check_in"),
        ("Projects with title, start date and end date. Duration is the number of days between start date "
         "and end date.", "Project", "duration", "end_date - start_date"),
        ("Rentals with bike, start date, end date, daily rate. Cost is days from start date to end date "
         "times daily rate.", "Rental", "cost", "(end_date - start_date) * daily_rate"),
        ("Pumps with name, last service. Days idle is days since last service.",
         "Pump", "days_idle", "today - last_service"),
        ("Subscriptions with name and start date. Renewal is 30 days after start date.",
         "Subscription", "renewal", "start_date + 30"),
        ("Products with name and price. Order items with product, quantity. "
         "Line total = quantity x product price.",
         "Order Item", "line_total", "quantity * product.price"),
    ],
)  # fmt: skip
def test_formulas_follow_the_words(text: str, entity: str, name: str, wanted: str) -> None:
    assert expression(text, entity, name) == wanted


def test_an_age_is_whole_years_since_the_date_of_birth() -> None:
    made = expression("Pupils with name, date of birth and age. Age from date of birth.", "Pupil", "age")
    assert made is not None
    assert made.startswith("year(today) - year(date_of_birth) - if(")


def test_a_sum_over_records_gets_the_field_that_stands_for_them() -> None:
    text = (
        "Members with name. Fees with member and amount. Payments with member, amount and date. "
        "The balance of a member is fees minus payments."
    )
    spec = spec_of(text)
    fields = {field.name: field for field in spec.entity("Member").fields}
    assert fields["balance"].expression == "sum(fees.amount) - sum(payments.amount)"
    assert (fields["fees"].type, fields["fees"].target, fields["fees"].via) == ("children", "Fee", "member")


def test_a_total_of_totals_is_over_the_lines() -> None:
    text = (
        "Orders have a number. Order lines have an order, a product, a quantity and a price. "
        "Line total is quantity times price. The order total is the sum of its line totals."
    )
    assert expression(text, "Order", "total") == "sum(order_lines.line_total)"
    assert expression(text, "Order Line", "line_total") == "quantity * price"


def test_days_overdue_follow_from_the_due_date_until_something_is_back() -> None:
    text = "Loans with book, due date, returned on and days overdue."
    made = expression(text, "Loan", "days_overdue")
    assert made == "if(due_date < today and returned_on == empty, today - due_date, 0)"


def test_a_figure_is_told_with_its_formula() -> None:
    notes = propose(f"{ITEMS}Line total is quantity times unit price.").notes
    assert "Invoice Line: line total = quantity * unit_price, because the text says so" in notes


@pytest.mark.parametrize(
    "said",
    [
        "Line total is weight times unit price.",
        "Line total is quantity times friendship.",
        "Article is quantity times article.",
        "Line total is line total times quantity.",
        "Quantity times nothing is nothing.",
        "The sun is hotter than the moon times two.",
    ],
)
def test_a_formula_over_what_is_not_there_is_left_out(said: str) -> None:
    spec = spec_of(ITEMS + said)
    assert problems(spec) == ()
    assert not any(field.type == "computed" for entity in spec.entities for field in entity.fields)


def test_what_is_left_out_is_told() -> None:
    notes = propose(f"{ITEMS}Line total is weight times unit price.").notes
    assert any("was left out" in note and "line total" in note for note in notes)


def test_a_field_that_must_be_unique_is_never_computed() -> None:
    text = "Parts with code (unique), width and height. Code is width times height."
    assert expression(text, "Part", "code") is None


def test_an_average_is_one_where_its_name_says_so() -> None:
    text = (
        "Books with title. Members with name. Ratings with book, member and stars 1 to 5. "
        "The average rating of a book is calculated from its ratings."
    )
    assert expression(text, "Book", "average_rating") == "average(ratings.stars)"


def test_a_percentage_is_a_share_of_what_it_is_taken_from() -> None:
    text = "Sales: price, quantity, discount in percent, total. Total is price times quantity minus discount."
    made = expression(text, "Sale", "total")
    assert made == "price * quantity - price * quantity * discount / 100"


def test_a_figure_on_a_condition_is_nothing_otherwise() -> None:
    text = "Jobs with amount, urgent yes/no and surcharge. Surcharge is 20% of amount if urgent."
    assert expression(text, "Job", "surcharge") == "if(urgent, amount * 20 / 100, 0)"
