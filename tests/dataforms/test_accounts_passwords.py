"""Passwords that will do, their hashes, and how long wrong ones make people wait."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataforms.accounts.delays import LONGEST_S, delay_s
from dataforms.accounts.keys import digest, new_key
from dataforms.accounts.passwords import fault, hashed, is_outdated, matches

GOOD = "correct horse battery"


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "password123",
        "passwordpassword",
        "aaaaaaaaaaaaaaa",
        "ada.lovelace@example.com",
        "x" * 201,
    ],
)
def test_what_is_easy_to_guess_will_not_do(password: str) -> None:
    assert fault(password, "ada.lovelace@example.com")


@pytest.mark.parametrize("password", [GOOD, "Tr0ub4dor&3x", "Ålesund-Ærø-Øy", " blanks count too "])
def test_other_passwords_will_do(password: str) -> None:
    assert fault(password, "ada@example.com") == ""


def test_a_hash_is_argon2id_and_matches_its_password_alone() -> None:
    stored = hashed(GOOD)
    assert stored.startswith("$argon2id$")
    assert GOOD not in stored
    assert matches(GOOD, stored)
    assert not matches(GOOD + " ", stored)
    assert not is_outdated(stored)


@pytest.mark.parametrize("stored", [None, "", "plain text", "$argon2id$v=19$broken"])
def test_without_a_hash_nothing_matches(stored: str | None) -> None:
    assert not matches(GOOD, stored)


def test_keys_are_long_different_and_not_in_their_digest() -> None:
    keys = {new_key("dft_") for _ in range(100)}
    assert len(keys) == 100
    assert all(len(key) == 47 and key not in digest(key) for key in keys)


@settings(max_examples=50)
@given(failures=st.integers(0, 10_000), free=st.integers(0, 50))
def test_waits_begin_after_the_free_tries_and_only_grow(failures: int, free: int) -> None:
    now, then = delay_s(failures, free), delay_s(failures + 1, free)
    assert 0 <= now <= then <= LONGEST_S
    assert (now == 0) == (failures <= free)
