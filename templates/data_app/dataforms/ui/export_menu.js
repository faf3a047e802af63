// The menu of what a table can be had as: links to the rows and columns that the page shows.
function ExportMenu({ table, search, columns, forms, label, icon }) {
  const [isOpen, setOpen] = useState(false);
  const whole = useRef(null);
  const button = useRef(null);

  useEffect(() => {
    if (!isOpen) return undefined;
    const leave = (event) => { if (!whole.current.contains(event.target)) setOpen(false); };
    document.addEventListener("pointerdown", leave);
    document.addEventListener("focusin", leave);
    return () => {
      document.removeEventListener("pointerdown", leave);
      document.removeEventListener("focusin", leave);
    };
  }, [isOpen]);

  const address = (ending) => {
    const query = new URLSearchParams(window.location.search);
    const sorted = columns.find((each) => each.order.endsWith("ending"));
    query.delete("page");
    query.set("columns", columns.map((each) => each.name).join(","));
    if (search) query.set("search", search);
    if (sorted) query.set("sort", (sorted.order === "descending" ? "-" : "") + sorted.name);
    return `/export/${table}.${ending}?${query}`;
  };
  const close = (event) => {
    if (event.key === "Escape" && isOpen) {
      setOpen(false);
      button.current.focus();
    }
  };

  return jsx("div", { className: "df-export", ref: whole, onKeyDown: close },
    jsx("button", {
      type: "button", ref: button, className: "df-button is-soft", "aria-expanded": isOpen,
      "aria-label": label, title: label, onClick: () => setOpen(!isOpen),
    }, icon, jsx("span", { className: "df-wide-only" }, label)),
    isOpen && jsx("ul", { className: "df-export-list" },
      forms.map((form) =>
        jsx("li", { key: form.ending },
          jsx("a", { href: address(form.ending), download: "", onClick: () => setOpen(false) },
            jsx("span", null, form.title), jsx("span", { className: "df-export-ending" }, `.${form.ending}`))))));
}
