"""The page that imports a file into a table: choose it, see what becomes of it, do it."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.layout import page
from dataforms.ui.present_import import ColumnRow, FaultRow
from dataforms.ui.shapes import Choice
from dataforms.ui.state import Ui
from dataforms.ui.words import t

SEND: rx.Var[object] = rx.Var(
    """(event) => {
  const file = event.target.files[0];
  if (!file) return;
  const place = event.target.closest('.df-drop');
  const bar = place.querySelector('progress');
  const told = place.querySelector('#import-uploaded');
  const problem = place.querySelector('[role=alert]');
  const request = new XMLHttpRequest();
  const fail = (text) => { problem.textContent = text; place.classList.remove('is-busy'); };
  problem.textContent = '';
  place.classList.add('is-busy');
  request.upload.onprogress = (step) => { bar.value = step.loaded / Math.max(1, step.total); };
  request.onerror = () => fail('The file did not arrive.');
  request.onload = () => {
    let answer = {};
    try { answer = JSON.parse(request.responseText); } catch {}
    if (request.status !== 201) { fail(answer.error ?? 'The file did not arrive.'); return; }
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
    set.call(told, answer.token + ' ' + file.name);
    told.dispatchEvent(new Event('input', { bubbles: true }));
  };
  request.open('POST', '/import/upload');
  request.setRequestHeader('content-type', 'application/octet-stream');
  request.send(file);
  event.target.value = '';
}"""
)
ACCEPTED = ".csv,.tsv,.txt,.xlsx,.xls,.xlsb,.xlsm,.ods,.json,.jsonl,.ndjson"


def importing() -> rx.Component:
    """Return the page at `/t/<entity>/import`."""
    return page(
        rx.el.div(
            rx.el.div(
                rx.el.h1(t("Import into {plural}", plural=Ui.view["title"])),
                rx.cond(Ui.import_name != "", rx.el.p(Ui.import_name, class_name="df-lead")),
                class_name="df-head-text",
            ),
            rx.el.div(
                rx.link(t("Back to the table"), href=f"/t/{Ui.view['slug']}", class_name="df-button is-soft"),
                class_name="df-tools",
            ),
            class_name="df-head",
        ),
        rx.cond(Ui.import_problem != "", rx.el.p(Ui.import_problem, class_name="df-alert", role="alert")),
        rx.match(
            Ui.import_step,
            ("choose", _choose()),
            ("looking", _looking()),
            ("plan", rx.fragment(_plan(), _outcome())),
            ("running", _running()),
            rx.fragment(_outcome(), _after()),
        ),
    )


def _choose() -> rx.Component:
    return rx.el.div(
        rx.el.label(
            rx.icon("file-up", size=28),
            rx.el.strong(t("Choose a file")),
            rx.el.span(t("CSV, Excel, OpenDocument or JSON, of any size"), class_name="df-muted"),
            rx.el.input(
                type="file",
                accept=ACCEPTED,
                custom_attrs={"onChange": SEND},
                class_name="df-file-input",
                id="import-file",
            ),
            class_name="df-drop-place",
        ),
        rx.el.progress(value="0", max="1", aria_label=t("Sending")),
        rx.el.p(role="alert", class_name="df-error"),
        rx.el.input(
            id="import-uploaded",
            type="text",
            on_change=Ui.import_uploaded,
            class_name="df-hidden",
            tab_index=-1,
            aria_hidden="true",
        ),
        class_name="df-panel df-drop",
    )


def _looking() -> rx.Component:
    return rx.el.div(
        rx.el.progress(aria_label=t("Reading the file")),
        rx.el.p(t("Reading the file…"), aria_live="polite"),
        class_name="df-panel df-import-part",
    )


def _plan() -> rx.Component:
    return rx.fragment(
        rx.cond(
            Ui.import_notes.length() > 0,
            rx.el.ul(rx.foreach(Ui.import_notes, lambda note: rx.el.li(note)), class_name="df-import-notes"),
        ),
        rx.cond(
            Ui.import_sheets.length() > 1,
            rx.el.div(
                _choice("import-sheet", t("Sheet"), Ui.import_sheets, Ui.import_sheet),
                class_name="df-panel df-import-part",
            ),
        ),
        rx.el.div(
            rx.el.table(
                rx.el.thead(
                    rx.el.tr(
                        rx.el.th(t("Column of the file"), scope="col"),
                        rx.el.th(t("Goes into"), scope="col"),
                        rx.el.th(t("Read as"), scope="col"),
                    )
                ),
                rx.el.tbody(rx.foreach(Ui.import_columns, _column)),
                class_name="df-import-columns",
            ),
            class_name="df-panel df-scroll",
        ),
        rx.el.div(
            _choice("import-key", t("A row and a record are the same by"), Ui.import_keys, _chosen("key")),
            rx.cond(Ui.import_choices["key"] != "-", _of_known()),
            class_name="df-panel df-import-part df-import-choices",
        ),
        rx.el.div(
            rx.el.button(t("Try it"), on_click=Ui.import_try, class_name="df-button is-soft", type="button"),
            rx.el.button(t("Import"), on_click=Ui.import_go, class_name="df-button is-solid", type="button"),
            rx.el.span(t("Trying changes nothing."), class_name="df-muted"),
            class_name="df-import-actions",
        ),
    )


def _of_known() -> rx.Component:
    return rx.fragment(
        _fixed_choice(
            "matched",
            t("When the record is there"),
            (("update", t("Change it")), ("skip", t("Skip the row")), ("refuse", t("Take it as a fault"))),
        ),
        _fixed_choice(
            "unmatched",
            t("When it is not there"),
            (("insert", t("Add it")), ("skip", t("Skip the row")), ("refuse", t("Take it as a fault"))),
        ),
        _fixed_choice(
            "blank",
            t("An empty cell"),
            (("keep", t("Keeps what is there")), ("clear", t("Clears what is there"))),
        ),
    )


def _chosen(name: str) -> object:
    return lambda value: Ui.import_choose(name, value)


def _choice(id: str, label: rx.Var[str], choices: rx.Var[list[Choice]], changed: object) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="df-label"),
        rx.el.select(
            rx.foreach(choices, _option),
            value=_picked(choices),
            on_change=changed,
            class_name="df-input is-select",
            id=id,
        ),
        class_name="df-field",
    )


def _fixed_choice(
    name: str, label: rx.Var[str], choices: tuple[tuple[str, rx.Var[str]], ...]
) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="df-label"),
        rx.el.select(
            *(rx.el.option(text, value=value) for value, text in choices),
            value=Ui.import_choices[name],
            on_change=_chosen(name),
            class_name="df-input is-select",
            id=f"import-{name}",
        ),
        class_name="df-field",
    )


def _picked(choices: rx.Var[list[Choice]]) -> rx.Var[str]:
    found = f"({choices!s}.find((each) => each.picked)?.value ?? '')"
    return rx.Var(found, _var_data=choices._get_all_var_data())


def _option(choice: rx.Var[Choice]) -> rx.Component:
    return rx.el.option(choice["text"], value=choice["value"], key=choice["value"])


def _column(column: rx.Var[ColumnRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            rx.el.span(column["header"]),
            rx.el.span(column["examples"], class_name="df-import-examples"),
            scope="row",
        ),
        rx.el.td(
            rx.el.select(
                rx.foreach(column["fields"].to(list[Choice]), _option),
                value=column["field"],
                on_change=lambda value: Ui.import_into(column["place"], value),
                aria_label=t("Field for {column}", column=column["header"].to(str)),
                class_name="df-input is-select",
            )
        ),
        rx.el.td(
            rx.cond(
                column["ways"].length() > 0,
                rx.el.select(
                    rx.foreach(column["ways"].to(list[Choice]), _option),
                    value=column["way"],
                    on_change=lambda value: Ui.import_read_as(column["place"], value),
                    aria_label=t("How to read {column}", column=column["header"].to(str)),
                    class_name="df-input is-select",
                ),
                rx.el.span("–", class_name="df-none", aria_hidden="true"),
            )
        ),
        key=column["place"].to(str),
    )


def _running() -> rx.Component:
    return rx.el.div(
        rx.el.progress(value=Ui.import_done, max="100", aria_label=t("Progress")),
        rx.el.p(t("{rows} rows read", rows=Ui.import_rows), aria_live="polite"),
        rx.el.button(t("Cancel"), on_click=Ui.import_cancel, class_name="df-button is-soft", type="button"),
        class_name="df-panel df-import-part",
    )


def _outcome() -> rx.Component:
    outcome = Ui.import_outcome
    numbers = (
        (t("Added"), t("Would be added"), outcome["inserted"]),
        (t("Changed"), t("Would be changed"), outcome["updated"]),
        (t("Unchanged"), t("Unchanged"), outcome["unchanged"]),
        (t("Skipped"), t("Skipped"), outcome["skipped"]),
        (t("Left out"), t("Left out"), rx.cond(outcome["faulty"] != "", outcome["faulty"], "0")),
    )
    tiles = [
        rx.el.div(
            rx.el.dt(rx.cond(outcome["real"], done, tried)),
            rx.el.dd(number),
            class_name="df-import-number",
        )
        for done, tried, number in numbers
    ]
    return rx.cond(
        outcome["shown"],
        rx.el.section(
            rx.el.dl(*tiles, class_name="df-import-numbers"),
            rx.cond(outcome["faulty"] != "", _faults()),
            class_name="df-panel df-import-part",
            aria_live="polite",
            id="import-outcome",
        ),
    )


def _faults() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.table(
                rx.el.thead(
                    rx.el.tr(
                        rx.el.th(t("Row"), scope="col"),
                        rx.el.th(t("Column"), scope="col"),
                        rx.el.th(t("Value"), scope="col"),
                        rx.el.th(t("Why it is left out"), scope="col"),
                    )
                ),
                rx.el.tbody(rx.foreach(Ui.import_outcome["faults"].to(list[FaultRow]), _fault)),
                class_name="df-import-faults",
            ),
            class_name="df-scroll",
        ),
        rx.el.a(
            t("Download all of them as CSV"),
            href=Ui.import_faulty,
            custom_attrs={"reloadDocument": True},  # else the pages' own router would look for it
            class_name="df-link",
        ),
    )


def _fault(fault: rx.Var[FaultRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(fault["number"]),
        rx.el.td(fault["column"]),
        rx.el.td(rx.el.code(fault["text"])),
        rx.el.td(fault["reason"]),
        key=fault["number"].to(str),
    )


def _after() -> rx.Component:
    return rx.el.div(
        rx.link(
            t("See the records"),
            href=f"/t/{Ui.view['slug']}",
            class_name="df-button is-solid",
            underline="none",
        ),
        rx.el.button(
            t("Import another file"), on_click=Ui.import_again, class_name="df-button is-soft", type="button"
        ),
        class_name="df-import-actions",
    )
