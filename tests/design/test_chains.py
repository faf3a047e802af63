"""Chains of what belongs to what, and fields that are people with records of their own."""

import pytest

from proposals import entities, references


@pytest.mark.parametrize("sign", [">", "→"])
def test_each_link_of_a_chain_belongs_to_the_one_before(sign: str) -> None:
    text = f"Regions {sign} depots {sign} lorries. Lorries have a plate and a weight."
    assert references(text) == {("Depot", "Region"), ("Lorry", "Depot")}


def test_an_arrow_between_choices_is_no_chain() -> None:
    assert entities("Parcels with code and status (new > sent > lost).") == ["Parcel"]


def test_the_customer_of_a_job_is_an_entity() -> None:
    assert references("For each job: customer, price, due date.") == {("Job", "Customer")}
