// A text input with a list of records below it: the combobox pattern of WAI-ARIA, with the list from the server.
// Where `many` can be picked, a chip stands for each, and the list stays open.
function DfCombobox({
  field, value, shown, many, chips, options, open, more, required, invalid, make, words,
  onSearch, onPick, onMake, onClose,
}) {
  const [text, setText] = useState(null);
  const [at, setAt] = useState(0);
  const timer = useRef(null);
  const root = useRef(null);
  const pending = useRef(false); // Is the list not yet that of what is typed?
  const awaited = useRef(false); // Is its first entry to be chosen once it is?
  const stays = useRef(false); // Is it still the list that something was just picked from?
  const list = "list-" + field;
  const records = open ? options : [];
  const items = [
    ...(open && !many && !required && value && !text ? [{ value: "", text: words.none, kind: "none" }] : []),
    ...records.map((each) => ({ ...each, kind: "record" })),
    ...(open && make ? [{ value: "+", text: make, kind: "make" }] : []),
  ];
  useEffect(() => {
    const isAwaited = awaited.current;
    pending.current = awaited.current = false;
    if (stays.current) {
      stays.current = false;
      return;
    }
    const picked = many ? -1 : items.findIndex((each) => each.picked);
    const first = items.findIndex((each) => each.kind !== "none");
    setAt(Math.max(0, text ? first : picked < 0 ? first : picked));
    if (isAwaited && open) choose(items[first]);
  }, [open, options]);
  useEffect(() => {
    if (open) document.getElementById(list + "-" + at)?.scrollIntoView({ block: "nearest" });
  }, [at, open]);
  const close = () => {
    clearTimeout(timer.current);
    pending.current = awaited.current = false;
    setText(null);
    if (open) onClose();
  };
  const search = (what, delay) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onSearch(what), delay);
  };
  const choose = (item) => {
    clearTimeout(timer.current);
    setText(null);
    if (!item) return;
    if (item.kind === "make") onMake(text ?? "");
    else {
      onPick(item.value, item.value ? item.text : "");
      stays.current = many && !text;
      if (many && text) search("", 0);
    }
  };
  const remove = (chip) => {
    onPick(chip.value, chip.text);
    stays.current = open;
    root.current?.querySelector("[role=combobox]").focus();
  };
  const keys = {
    ArrowDown: () => (open ? setAt(Math.min(items.length - 1, at + 1)) : search("", 0)),
    ArrowUp: () => (open ? setAt(Math.max(0, at - 1)) : search("", 0)),
    Enter: () => (pending.current ? (awaited.current = true) : choose(items[at])),
    Escape: close,
  };
  const press = (event) => {
    if (many && event.key === "Backspace" && !text && chips.length) return remove(chips[chips.length - 1]);
    const doing = keys[event.key];
    if (!doing || (!open && !pending.current && !event.key.startsWith("Arrow"))) return;
    event.preventDefault();
    event.stopPropagation();
    doing();
  };
  const leave = (event) => {
    if (root.current?.contains(event.relatedTarget)) return;
    if (!many && text !== null && !text.trim() && value && !required) choose({ value: "", text: "", kind: "none" });
    else close();
  };
  const input = createElement("input", {
    id: "in-" + field,
    className: many ? "df-combobox" : "df-input is-select df-combobox",
    role: "combobox",
    type: "text",
    autoComplete: "off",
    spellCheck: false,
    placeholder: many && chips.length ? "" : words.choose,
    value: text ?? (many ? "" : shown ?? ""),
    "aria-expanded": open,
    "aria-controls": list,
    "aria-autocomplete": "list",
    "aria-haspopup": "listbox",
    "aria-activedescendant": open && items.length ? list + "-" + at : undefined,
    "aria-invalid": invalid,
    "aria-required": required,
    "aria-label": words.label || undefined,
    "aria-describedby": field + "-help " + field + "-error",
    onClick: () => !open && search("", 0),
    onFocus: (event) => event.target.select(),
    onKeyDown: press,
    onInput: (event) => event.stopPropagation(),
    onChange: (event) => {
      setText(event.target.value);
      pending.current = true;
      search(event.target.value, 150);
    },
  });
  const chip = (each) =>
    createElement(
      "li",
      { key: each.value, className: "df-chip tone-7 df-picked" },
      createElement("span", null, each.text),
      createElement(
        "button",
        { type: "button", "aria-label": words.remove + " " + each.text, onClick: () => remove(each) },
        "×"
      )
    );
  const chipped = () =>
    createElement(
      "div",
      { className: "df-input df-chip-line", "aria-invalid": invalid },
      chips.length > 0 && createElement("ul", { "aria-labelledby": field + "-label" }, chips.map(chip)),
      input
    );
  return createElement(
    "div",
    { className: "df-picker", ref: root, onBlur: leave },
    createElement("input", { type: "hidden", name: field, value, readOnly: true }),
    many ? chipped() : input,
    open &&
      createElement(
        "div",
        { className: "df-picker-list" },
        createElement(
          "ul",
          {
            id: list,
            role: "listbox",
            "aria-label": words.label,
            "aria-multiselectable": many || undefined,
            className: "df-picker-options",
          },
          items.map((item, place) =>
            createElement(
              "li",
              {
                key: item.kind + item.value,
                id: list + "-" + place,
                role: "option",
                "aria-selected": many ? !!item.picked : place === at,
                className:
                  "df-option is-" + item.kind + (item.picked ? " is-picked" : "") + (place === at ? " is-at" : ""),
                onMouseDown: (event) => event.preventDefault(),
                onMouseMove: () => setAt(place),
                onClick: () => choose(item),
              },
              createElement("span", null, item.text)
            )
          )
        ),
        more && createElement("p", { className: "df-picker-more", role: "status" }, more)
      )
  );
}
