"""What is taken out of a bundle, and what is done sooner."""

from pathlib import Path

import reflex_base

from protoddfd.generate.polish import hydrate_at_once, without_wide_gamut

TEMPLATE = Path(reflex_base.__file__).parent / ".templates" / "web" / "app" / "entry.client.js"


def test_the_entry_script_that_reflex_has_hydrates_in_one_go() -> None:
    changed = hydrate_at_once(TEMPLATE.read_text())
    assert "startTransition(()" not in changed
    assert "hydrateRoot(document, createElement(HydratedRouter));" in changed


def test_an_entry_script_of_another_shape_stays() -> None:
    assert hydrate_at_once("hydrateRoot(document);") == "hydrateRoot(document);"


def test_the_colours_of_wide_gamut_displays_are_left_out_and_the_rest_stays() -> None:
    inside = "@media (color-gamut:p3){:root{--a:color(display-p3 1 0 0)}}"
    wide = "@supports (color:color(display-p3 1 1 1)){" + inside + "}"
    css = ":root{--a:red}" + wide + ".b{color:blue}" + wide + "@media print{.c{color:black}}"
    assert without_wide_gamut(css) == ":root{--a:red}.b{color:blue}@media print{.c{color:black}}"
