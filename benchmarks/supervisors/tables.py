"""The results for people: the rows with verdicts, then all that was measured of every supervisor. Pure."""

from collections.abc import Sequence

from benchmarks.figures import Figure
from benchmarks.report import number, table
from benchmarks.supervisors.results import Crashes, Measured, Peer, Results, Spread, Survival

NOTHING = "-"
_MEASURED = (
    *("supervisor", "boot ms", "start all ms", "stop all ms", "status of all, raw, ms p50 / p99"),
    *("status command, ms p50", "status of one, calls/s", "kill -> replacement, ms p50 / p99"),
    *("own PSS, MiB", "own processes", "idle CPU, %"),
)
_SURVIVAL = (
    *("supervisor", "SIGKILL of", "of programs", "live", "one that dies meanwhile is replaced"),
    *(
        "answers or is whole after, s",
        "same process",
        "started since",
        "run twice",
        "do not run",
        "told right",
    ),
    *("lines lost / written", "verdict"),
)
_VERSIONS = ("supervisor", "version", "measured for, s", "machine's pace, ms", "how")
_LOGGED = ("supervisor", "MB/s", "seconds", "its CPU, s", "files", "lines lost", "lines split", "in order")


def document(results: Results, figures: Sequence[Figure]) -> str:
    """Return everything in Markdown."""
    parts = ["# Process supervisors side by side", heading(results)]
    if figures:
        parts += [
            "## Rows",
            "Beside each figure: the others', and how many times better ours is.",
            table(figures),
        ]
    for size in results.sizes:
        parts += _section(f"{size} programs", _MEASURED, _measured_rows(results, size))
    kills = [_survival_row(peer.name, each) for peer in results.peers for each in peer.survivals]
    parts += _section("SIGKILL of the supervisor", _SURVIVAL, kills)
    parts += _section("One program's output in files", _LOGGED, [_logged_row(each) for each in results.peers])
    versions = [
        (each.name, each.version, f"{each.took_s:.0f}", f"{each.pace_ms:.1f}", each.notes)
        for each in results.peers
    ]
    parts += _section("Supervisors", _VERSIONS, versions)
    parts += _section("What failed", ("supervisor", "what", "why"), _failures(results))
    return "\n\n".join(parts) + "\n"


def heading(results: Results) -> str:
    """Return what was measured on which machine, in a few sentences."""
    machine = results.machine
    said = (
        f"{machine.cores} cores, {machine.memory_mib / 1024:.0f} GiB, Linux {machine.kernel}, "
        f"{machine.disk}; Python {machine.python}. Load before: {machine.load}. "
        f"It took {results.took_s:.0f} s."
    )
    if results.quick:
        said += "\nA quick run: fewer samples."
    if machine.busy:
        said += "\n**The machine was busy with something else: these figures are to be doubted.**"
    return said


def _section(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    told = [row for row in rows if row]
    return [f"## {title}", grid(heads, told)] if told else []


def grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown, readable as it is."""
    lines = [heads, *([cell.replace("|", "/").replace("\n", " ") for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    told = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    told.insert(1, "-|-".join("-" * width for width in widths))
    return "\n".join(f"|-{line}-|" if index == 1 else f"| {line} |" for index, line in enumerate(told))


def _measured_rows(results: Results, size: int) -> list[tuple[str, ...]]:
    found = [(peer.name, peer.at(size)) for peer in results.peers]
    rows = [_measured_row(name, it) for name, it in found if it is not None]
    for floor in results.floors:
        if floor.programs == size:
            told = Measured(
                programs=size, status_all_s=floor.status_all_s, status_one_per_s=floor.status_one_per_s
            )
            rows.append(_measured_row("(bare asyncio and JSON)", told))
    return rows


def _measured_row(name: str, it: Measured) -> tuple[str, ...]:
    return (
        name,
        _ms(it.boot_s),
        _ms(it.start_all_s),
        _ms(it.stop_all_s),
        _pair(it.status_all_s),
        _ms(it.status_command_s.p50 if it.status_command_s else None),
        _number(it.status_one_per_s),
        _crashes(it.crashes),
        ", ".join(_part(it, part) for part in it.memory_mib) or NOTHING,
        str(it.processes) if it.processes else NOTHING,
        _number(it.idle_percent),
    )


def _part(it: Measured, part: str) -> str:
    size = f"{it.memory_mib[part]:.1f}"
    return size if len(it.memory_mib) == 1 else f"{part} {size}"


def _crashes(it: Crashes | None) -> str:
    if it is None:
        return NOTHING
    return _pair(it.replaced) + (f" ({it.lost} not replaced)" if it.lost else "")


def _survival_row(name: str, it: Survival) -> tuple[str, ...]:
    lines = NOTHING if it.lines is None else f"{it.lines.lost} / {it.lines.written}"
    return (
        name,
        it.killed,
        str(it.programs),
        str(it.alive),
        NOTHING if it.replaced_meanwhile is None else _yes(it.replaced_meanwhile),
        _number(it.answers_s),
        str(it.kept),
        str(it.anew),
        str(it.doubles),
        str(it.missing),
        NOTHING if it.told_right is None else str(it.told_right),
        lines,
        it.verdict,
    )


def _logged_row(peer: Peer) -> tuple[str, ...]:
    it = peer.logged
    if it is None:
        return ()
    return (
        peer.name,
        f"{it.mb_per_s:.0f}",
        f"{it.seconds:.2f}",
        f"{it.cpu_s:.2f}",
        str(it.files),
        str(it.lost),
        str(it.split),
        _yes(it.in_order),
    )


def _failures(results: Results) -> list[tuple[str, str, str]]:
    found = [(peer.name, what, why) for peer in results.peers for what, why in peer.errors.items()]
    found += [
        (peer.name, f"{what} ({it.programs})", why)
        for peer in results.peers
        for it in peer.measured
        for what, why in it.errors.items()
    ]
    return found


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _number(value: float | None) -> str:
    return NOTHING if value is None else number(value)


def _ms(seconds: float | None) -> str:
    return NOTHING if seconds is None else number(seconds * 1000)


def _pair(it: Spread | None) -> str:
    return NOTHING if it is None else f"{_ms(it.p50)} / {_ms(it.p99)}"
