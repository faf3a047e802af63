function DfMoves({ className, rows, label, onMoved, children }) {
  const root = useRef(null);
  const held = useRef(null);
  const wanted = useRef(null);
  const placeOf = (element) => element.closest("[data-drop]");
  const mark = (place) => {
    for (const each of root.current.querySelectorAll(".is-target")) if (each !== place) each.classList.remove("is-target");
    place?.classList.add("is-target");
  };
  useEffect(() => {
    const watch = new MutationObserver(() => {
      if (wanted.current === null) return;
      const card = root.current.querySelector(`[data-record="${wanted.current.record}"]`);
      if (!card || placeOf(card)?.dataset.drop === wanted.current.from) return;
      wanted.current = null;
      (card.matches("a, button") ? card : card.querySelector("a"))?.focus();
    });
    watch.observe(root.current, { childList: true, subtree: true });
    return () => watch.disconnect();
  }, []);
  const begin = (event) => {
    const card = event.target.closest?.("[data-record]");
    if (!card) return;
    held.current = { record: card.dataset.record, from: placeOf(card).dataset.drop, card };
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", card.dataset.record);
    card.classList.add("is-held");
  };
  const over = (event) => {
    const place = held.current && placeOf(event.target);
    if (!place) return;
    event.preventDefault();
    mark(place);
  };
  const drop = (event) => {
    const place = placeOf(event.target);
    if (!held.current || !place) return;
    event.preventDefault();
    const { record, from } = held.current;
    if (place.dataset.drop !== from) onMoved(record, place.dataset.drop, from);
  };
  const end = () => {
    held.current?.card.classList.remove("is-held");
    held.current = null;
    mark(null);
  };
  const press = (event) => {
    const card = event.target.closest("[data-record][draggable=true]");
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -rows, ArrowDown: rows }[event.key];
    if (!event.shiftKey || !card || !step) return;
    event.preventDefault();
    const places = [...root.current.querySelectorAll("[data-drop]")];
    const from = placeOf(card);
    const place = places[places.indexOf(from) + step];
    if (!place) return;
    wanted.current = { record: card.dataset.record, from: from.dataset.drop };
    onMoved(card.dataset.record, place.dataset.drop, from.dataset.drop);
  };
  return createElement(
    "div",
    { ref: root, className, role: "group", "aria-label": label, onDragStart: begin, onDragOver: over,
      onDrop: drop, onDragEnd: end, onKeyDown: press },
    children,
  );
}
