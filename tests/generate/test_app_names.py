"""Which names an app may have, and what is said of the others."""

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protoddfd.generate.names import LONGEST, check_name, suggest_name


@pytest.mark.parametrize(
    "name", ["sales", "a", "demo", "json", "test", "dataforms", "match", "type", "x_1", "a" * LONGEST, "pip"]
)
def test_a_lower_case_identifier_is_a_name_even_where_a_library_is_called_so(name: str) -> None:
    assert check_name(name) is None


@pytest.mark.parametrize(
    ("name", "why", "better"),
    [
        ("", "empty", "my_app"),
        ("My Sales!", "lower case", "my_sales"),
        ("sales\n", "lower case", "sales"),
        ("sales\0", "lower case", "sales"),
        ("../etc", "lower case", "etc"),
        ("1st", "start with a letter", "app_1st"),
        ("_a", "start with a letter", "a"),
        ("Ürün listesi", "lower case", "urun_listesi"),
        ("売上", "lower case", "my_app"),
        ("ｓａｌｅｓ", "lower case", "sales"),
        ("class", "Python language", "class_data"),
        ("all", "every app", "all_data"),
        ("reflex", "Reflex refuses", "reflex_data"),
        ("a" * (LONGEST + 1), f"{LONGEST} is the most", "a" * LONGEST),
    ],
)
def test_another_is_refused_with_the_reason_and_one_that_would_do(name: str, why: str, better: str) -> None:
    problem = check_name(name)
    assert problem is not None
    assert why in problem.message
    assert problem.hint == f"try {better!r}"
    assert problem.message.isprintable()


@pytest.mark.parametrize("name", keyword.kwlist)
def test_no_keyword_of_python_is_a_name(name: str) -> None:
    assert check_name(name.lower() if name.lower() in keyword.kwlist else name) is not None


def test_a_name_whose_package_would_hide_an_installed_one_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    site_packages = tmp_path_factory.mktemp("site-packages")
    (site_packages / "billing_app").mkdir()
    (site_packages / "billing_app" / "__init__.py").touch()
    monkeypatch.setattr("site.getsitepackages", lambda: [str(site_packages)])
    problem = check_name("billing")
    assert problem is not None
    assert "billing_app is installed" in problem.message


@given(st.text())
def test_what_is_suggested_for_any_text_is_a_name(text: str) -> None:
    assert check_name(suggest_name(text)) is None
