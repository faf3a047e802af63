"""The words of the pages: English in the code, another language where the browser has been given one.

What a page is served with beforehand, `dfWords`, is a dictionary from the English text to the reader's.
"""

import json

import reflex as rx
from reflex.vars import VarData


def t(text: str, **values: rx.Var[str] | str) -> rx.Var[str]:
    """Return `text` in the reader's language; `{name}` in it stands for the value of that name."""
    written = json.dumps(text)
    found = f"(globalThis.dfWords?.[{written}] ?? {written})"
    given = {name: rx.Var.create(value) for name, value in values.items()}
    for name, value in given.items():
        found += f".replaceAll({json.dumps('{' + name + '}')}, () => {value!s})"
    known = VarData.merge(*(value._get_all_var_data() for value in given.values()))
    return rx.Var(found, _var_type=str, _var_data=known)


def local(raw: rx.Var[str], text: rx.Var[str]) -> rx.Var[str]:
    """Return a value as its reader writes it, from what `TypeRow.local` says; else `text`."""
    found = f"(globalThis.dfDraw?.({raw!s}, {text!s}) ?? {text!s})"
    known = VarData.merge(raw._get_all_var_data(), text._get_all_var_data())
    drawn: rx.Var[str] = rx.Var(found, _var_type=str, _var_data=known).to(str)
    return drawn
