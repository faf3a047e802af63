// What the buttons beside an input do to its text; the browser can undo it as if it had been typed.
const dfReplace = (input, from, to, text, select) => {
  input.focus();
  input.setSelectionRange(from, to);
  if (!document.execCommand("insertText", false, text)) input.setRangeText(text, from, to, "end");
  if (select) input.setSelectionRange(from + select[0], from + select[1]);
  input.dispatchEvent(new Event("input", { bubbles: true }));
};
const DF_MARKS = { bold: "**", italic: "_" };
const DF_LISTS = { list: () => "- ", numbers: (n) => n + 1 + ". ", quote: () => "> ", heading: () => "## " };
const dfMark = (id, kind) => {
  const input = document.getElementById(id);
  const { selectionStart: from, selectionEnd: to, value } = input;
  const chosen = value.slice(from, to);
  if (kind === "link") {
    const text = chosen || "text";
    const start = text.length + 3;
    return dfReplace(input, from, to, `[${text}](https://)`, [start, start + 8]);
  }
  const mark = DF_MARKS[kind];
  if (mark) {
    const isMarked = value.slice(from - mark.length, from) === mark && value.slice(to, to + mark.length) === mark;
    if (isMarked) return dfReplace(input, from - mark.length, to + mark.length, chosen, [0, chosen.length]);
    return dfReplace(input, from, to, mark + chosen + mark, [mark.length, mark.length + chosen.length]);
  }
  const first = value.lastIndexOf("\n", from - 1) + 1;
  const end = value.indexOf("\n", to);
  const last = end < 0 ? value.length : end;
  const lines = value.slice(first, last).split("\n");
  const written = lines.map((line, n) => DF_LISTS[kind](n) + line).join("\n");
  return dfReplace(input, first, last, written, [written.length, written.length]);
};
const dfMarkKeys = (event) => {
  const kind = { b: "bold", i: "italic", k: "link" }[event.key];
  if (!kind || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  dfMark(event.target.id, kind);
};
const dfPlace = (id, button) => {
  const say = (text) => (button.nextElementSibling.textContent = text);
  say(button.dataset.wait);
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      const input = document.getElementById(id);
      say("");
      dfReplace(input, 0, input.value.length, coords.latitude.toFixed(6) + ", " + coords.longitude.toFixed(6));
      input.blur();
    },
    () => say(button.dataset.fail),
    { enableHighAccuracy: true, timeout: 10000 }
  );
};
if (typeof document !== "undefined") Object.assign(globalThis, { dfMark, dfMarkKeys, dfPlace });
