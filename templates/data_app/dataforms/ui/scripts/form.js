// A form that tells the server what is typed, keeps drafts in this browser, and asks before typed text is lost.
const dfTyped = (form) => Object.fromEntries(form ? new FormData(form) : []);
const dfFieldOf = (name) => name.split(":")[0];
const dfNames = (form) => {
  const shown = (each) => each.name && !each.closest("fieldset[hidden]");
  return [...new Set([...form.elements].filter(shown).map((each) => dfFieldOf(each.name)))];
};
const dfDiffering = (form, before) => {
  const now = dfTyped(form);
  const names = new Set([...Object.keys(before), ...Object.keys(now)].filter((name) => before[name] !== now[name]));
  const fields = new Set([...names].map(dfFieldOf));
  return dfNames(form).filter((name) => fields.has(name));
};

const dfDrafts = {
  read: (key) => {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  },
  write: (key, draft) => {
    try {
      localStorage.setItem(key, JSON.stringify(draft));
    } catch {
      // The browser keeps nothing, or is full: there is no draft then.
    }
  },
  forget: (key) => {
    globalThis.dfForm?.stop(key);
    try {
      localStorage.removeItem(key);
    } catch {
      // There was none.
    }
  },
};

const dfFocus = (selector) => {
  const isSeen = (each) => each.checkVisibility() && !each.disabled && each.type !== "hidden";
  requestAnimationFrame(() => requestAnimationFrame(() => {
    const form = document.querySelector("form.df-form");
    const found = [...(form?.querySelectorAll(selector) ?? [])].filter((each) => each.checkVisibility());
    const inside = "input, select, textarea, button";
    const inputs = found.flatMap((each) => (each.matches(inside) ? [each] : [...each.querySelectorAll(inside)]));
    const input = inputs.find(isSeen);
    input?.focus();
    input?.scrollIntoView({ block: "nearest" });
  }));
};

if (typeof document !== "undefined") Object.assign(globalThis, { dfDrafts, dfFocus });

function DfForm({ lively, draft, restored, page, onTyped, onSave, onDraft, onLeave, children, ...rest }) {
  const element = useRef(null);
  const start = useRef(null);
  const earlier = useRef([]);
  const is = useRef({ stopped: false, timers: {}, touched: new Set(), pressed: false, waiting: new Set() });
  const latest = useRef({});
  latest.current = { lively, draft, restored, page, onTyped, onLeave };

  const differing = () => {
    if (!element.current || !start.current) return [];
    const known = dfNames(element.current);
    const names = [...earlier.current, ...dfDiffering(element.current, start.current)];
    return [...new Set(names)].filter((name) => known.includes(name));
  };
  const keep = () => {
    if (is.current.stopped || !element.current) return;
    const names = differing();
    if (!names.length) return;
    const typed = dfTyped(element.current);
    const values = Object.fromEntries(Object.entries(typed).filter(([name]) => names.includes(dfFieldOf(name))));
    dfDrafts.write(draft, { values, names, at: Date.now() });
  };
  const later = (what, delay, doing) => {
    clearTimeout(is.current.timers[what]);
    is.current.timers[what] = setTimeout(doing, delay);
  };
  const tell = (name, finished) => {
    clearTimeout(is.current.timers.tell);
    if (finished) is.current.touched.delete(name);
    if (is.current.stopped || !element.current) return;
    const typed = dfTyped(element.current);
    const field = dfFieldOf(name);
    const mine = Object.entries(typed).filter(([each]) => latest.current.lively || dfFieldOf(each) === field);
    latest.current.onTyped(Object.fromEntries(mine), name, finished);
  };

  useEffect(() => {
    const form = element.current;
    const mine = is.current;
    const me = {
      typed: () => dfTyped(form),
      dirty: () => !mine.stopped && (latest.current.restored !== "" || differing().length > 0),
      forget: () => dfDrafts.forget(latest.current.draft),
      turn: (event) => turn(event),
      stop: (key) => {
        if (key !== latest.current.draft) return;
        mine.stopped = true;
        Object.values(mine.timers).forEach(clearTimeout);
      },
    };
    globalThis.dfForm = me;
    start.current = dfTyped(form);
    const kept = dfDrafts.read(draft);
    if (kept?.names?.length && restored) earlier.current = kept.names;
    else if (kept?.names?.length) onDraft(kept.values, kept.names, new Date(kept.at).toLocaleString());
    const unload = (event) => {
      if (me.dirty()) event.preventDefault();
    };
    const hide = () => {
      if (document.visibilityState === "hidden") keep();  // the tab may be closed before the timer is due
    };
    const click = (event) => {
      const link = event.target.closest?.("a[href]");
      const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
      if (!latest.current.page || !link || link.target || !isPlain || form.contains(link) || !me.dirty()) return;
      if (new URL(link.href).origin !== location.origin || link.getAttribute("href").startsWith("#")) return;
      event.preventDefault();
      event.stopPropagation();
      latest.current.onLeave(true, link.getAttribute("href"));
    };
    // The way back, or forward, in the browser: it is undone, asked about, and gone again if nothing is kept.
    mine.place = history.state?.idx;
    const turn = (event) => {
      const { place } = mine;
      const to = history.state?.idx;
      if (mine.href) {
        event.stopImmediatePropagation();
        latest.current.onLeave(true, mine.href); // only here, since an event tells the address it came from
        mine.href = "";
      } else if (me.dirty() && Number.isInteger(place) && Number.isInteger(to) && to !== place) {
        event.stopImmediatePropagation();
        mine.href = location.pathname + location.search + location.hash;
        history.go(place - to);
      } else mine.place = to;
    };
    // A message that comes while a button is pressed moves it away below the pointer, and the click is lost.
    const press = () => {
      mine.pressed = true;
    };
    const release = () => {
      mine.pressed = false;
      later("release", 0, () => {
        const names = [...mine.waiting];
        mine.waiting.clear();
        names.forEach((name) => tell(name, true));
      });
    };
    const watch = new MutationObserver(() => later("keep", 300, keep));
    watch.observe(form, { subtree: true, childList: true, attributes: true, attributeFilter: ["value"] });
    addEventListener("beforeunload", unload);
    addEventListener("pagehide", keep);
    document.addEventListener("visibilitychange", hide);
    document.addEventListener("click", click, true);
    document.addEventListener("pointerdown", press, true);
    document.addEventListener("pointerup", release, true);
    document.addEventListener("pointercancel", release, true);
    return () => {
      watch.disconnect();
      removeEventListener("beforeunload", unload);
      removeEventListener("pagehide", keep);
      document.removeEventListener("visibilitychange", hide);
      document.removeEventListener("click", click, true);
      document.removeEventListener("pointerdown", press, true);
      document.removeEventListener("pointerup", release, true);
      document.removeEventListener("pointercancel", release, true);
      Object.values(mine.timers).forEach(clearTimeout);
      if (globalThis.dfForm === me) globalThis.dfForm = null;
    };
  }, []);

  return createElement(
    "form",
    {
      ...rest,
      ref: element,
      onSubmit: (event) => {
        event.preventDefault();
        event.stopPropagation();
        Object.values(is.current.timers).forEach(clearTimeout);
        is.current.waiting.clear();
        onSave(dfTyped(element.current));
      },
      onInput: (event) => {
        const { name, type } = event.target;
        if (!name) return;
        is.current.touched.add(name);
        is.current.place = history.state?.idx;
        later("keep", 300, keep);
        const isWhole = event.target.matches("select, [type=checkbox], [type=radio], [type=color]");
        if (isWhole) tell(name, true);
        else later("tell", 200, () => tell(name, false));
      },
      onBlur: (event) => {
        const { name } = event.target;
        if (!name || !is.current.touched.has(name)) return;
        if (is.current.pressed) is.current.waiting.add(name);
        else tell(name, true);
      },
    },
    children
  );
}
