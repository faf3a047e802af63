// The input of a file: chosen or dropped, sent at once, kept in the form as what the server answered.
const fileSize = (bytes) =>
  bytes < 1024 ? `${bytes} B`
    : bytes < 1048576 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / 1048576).toFixed(1)} MiB`;

const fileIcon = (path, size = 18) =>
  jsx("svg", {
    width: size, height: size, viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", strokeWidth: 2,
    strokeLinecap: "round", strokeLinejoin: "round", "aria-hidden": true,
  }, jsx("path", { d: path }));
const UPLOAD = "M12 15V3m-5 5 5-5 5 5M4 15v4a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-4";
const ALERT = "M12 8v4m0 4h.01M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0z";
const PAPER = "M14 2H6a2 2 0 0 0-2 2v16a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V8zm0 0v6h6";

function FileInput({
  id, name, label, value, table, record, accept, kinds, limit, invalid, required, describedBy, words,
}) {
  const [above, key, cell] = name.split("."); // in a row the name is that of the rows, its key, and its own
  const field = cell ?? above;
  const owner = cell ? key : record;
  const [kept, setKept] = useState(value);
  const [picture, setPicture] = useState("");
  const [progress, setProgress] = useState(null);
  const [fault, setFault] = useState("");
  const [isOver, setOver] = useState(false);
  const request = useRef(null);
  const input = useRef(null);
  const hidden = useRef(null);
  const told = useRef(value);
  const file = kept === "" ? null : JSON.parse(kept);

  useEffect(() => () => request.current?.abort(), []);
  useEffect(() => () => { if (picture) URL.revokeObjectURL(picture); }, [picture]);
  useEffect(() => {
    if (told.current !== kept) hidden.current.dispatchEvent(new Event("input", { bubbles: true }));
    told.current = kept;
  }, [kept]);
  useEffect(() => {
    if (progress === null) return undefined;
    const form = hidden.current.form;
    const hold = (event) => {
      event.preventDefault();
      event.stopPropagation();
      setFault(words.wait);
    };
    form.addEventListener("submit", hold);
    return () => form.removeEventListener("submit", hold);
  }, [progress === null]);

  const send = (chosen) => {
    if (!chosen || input.current.matches(":disabled")) return;
    request.current?.abort();
    setFault("");
    if (chosen.size > limit) {
      setFault(words.tooLarge);
      return;
    }
    const asked = new XMLHttpRequest();
    request.current = asked;
    setProgress(0);
    asked.open("POST", `/upload/${table}/${field}?name=${encodeURIComponent(chosen.name)}`);
    asked.setRequestHeader("content-type", "application/octet-stream");
    asked.upload.onprogress = (event) => setProgress(Math.floor((100 * event.loaded) / event.total));
    asked.onload = () => {
      if (asked.status === 201) {
        setKept(asked.responseText);
        setPicture(JSON.parse(asked.responseText).type.startsWith("image/") ? URL.createObjectURL(chosen) : "");
      } else {
        let said = "";
        try { said = JSON.parse(asked.responseText).error; } catch { /* a proxy's page */ }
        setFault(said || words.failed);
      }
    };
    asked.onerror = () => setFault(words.failed);
    asked.onloadend = () => {
      if (request.current === asked) {
        request.current = null;
        setProgress(null);
      }
    };
    asked.send(chosen);
  };
  const remove = () => {
    setKept("");
    setPicture("");
    setFault("");
    input.current.focus();
  };
  const address = file && (picture
    || `/files/${table}/${owner}/${field}/${encodeURIComponent(file.name)}?${file.digest.slice(0, 12)}`);
  const isPicture = file && file.type.startsWith("image/");

  return jsx("div", {
    className: "df-file" + (isOver ? " is-over" : ""),
    onDragOver: (event) => { event.preventDefault(); setOver(true); },
    onDragLeave: () => setOver(false),
    onDrop: (event) => { event.preventDefault(); setOver(false); send(event.dataTransfer.files[0]); },
  },
    jsx("input", { type: "hidden", name, value: kept, ref: hidden, readOnly: true }),
    jsx("input", {
      type: "file", id, ref: input, className: "df-file-input", accept: accept || undefined,
      "aria-describedby": `${describedBy} ${name}-file-state`, "aria-invalid": invalid || fault !== "",
      "aria-required": required,
      onChange: (event) => { send(event.target.files[0]); event.target.value = ""; },
    }),
    progress !== null
      ? jsx("div", { className: "df-file-box" },
          jsx("progress", { max: 100, value: progress, "aria-label": words.sending }),
          jsx("span", { className: "df-file-size" }, `${progress} %`),
          jsx("button", {
            type: "button", className: "df-text-button", "aria-label": `${words.cancel}: ${label}`,
            onClick: () => request.current?.abort(),
          }, words.cancel))
      : file
        ? jsx("div", { className: "df-file-box" },
            isPicture
              ? jsx("img", { src: address, alt: "", className: "df-file-picture" })
              : jsx("span", { className: "df-file-paper" }, fileIcon(PAPER)),
            jsx("span", { className: "df-file-text" },
              picture || !/^[0-9]+$/.test(owner) || kept !== value
                ? jsx("span", { className: "df-file-name" }, file.name)
                : jsx("a", { className: "df-file-name df-link", href: address, target: "_blank", rel: "noopener" },
                    file.name),
              jsx("span", { className: "df-file-size" }, fileSize(file.size))),
            jsx("label", { htmlFor: id, className: "df-text-button df-file-replace" }, words.replace),
            jsx("button", {
              type: "button", className: "df-text-button", "aria-label": `${words.remove}: ${label}`, onClick: remove,
            }, words.remove))
        : jsx("label", { htmlFor: id, className: "df-file-drop" },
            fileIcon(UPLOAD),
            jsx("span", null, words.choose),
            jsx("span", { className: "df-file-size" }, [kinds, words.upTo].filter(Boolean).join(" · "))),
    jsx("p", { id: `${name}-file-state`, role: "alert", className: fault ? "df-error" : "df-hidden" },
      fault && fileIcon(ALERT, 14), fault));
}
