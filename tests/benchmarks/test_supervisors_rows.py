"""The pure parts of the comparison of supervisors: rows, verdicts, tables, and the account of lines."""

from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.figures import Figure, failures
from benchmarks.machine import Machine
from benchmarks.supervisors.__main__ import main
from benchmarks.supervisors.adapter import Site, rotated
from benchmarks.supervisors.logs import LINE_BYTES, read_lines
from benchmarks.supervisors.peers import ADAPTERS, OURS
from benchmarks.supervisors.peers.ours import Protoddfd
from benchmarks.supervisors.results import (
    Crashes,
    Lines,
    Logged,
    Measured,
    Peer,
    Results,
    Spread,
    StatusFloor,
    Survival,
    spread,
)
from benchmarks.supervisors.rows import FLOOR, rows
from benchmarks.supervisors.survival import account, verdict
from benchmarks.supervisors.tables import document, grid

MACHINE = Machine(
    cores=2, memory_mib=24576, kernel="6", python="3.11", versions={}, disk="ext4", load=0.1, busy=False
)
KILLED = ["daemon", "daemon, zygote, logger"]


def same(seconds: float) -> Spread:
    return Spread(seconds, seconds, seconds, seconds, 1)


def measured(programs: int, **known: object) -> Measured:
    usual: dict[str, object] = {
        "boot_s": 2.0,
        "start_all_s": 0.5,
        "stop_all_s": 0.2,
        "status_all_s": same(0.001),
        "status_command_s": same(0.05),
        "status_one_per_s": 9000.0,
        "crashes": Crashes(same(0.002), 0),
        "memory_mib": {"daemon": 30.0, "zygote": 60.0},
        "idle_percent": 0.1,
    }
    return msgspec.convert({"programs": programs, **usual, **known}, Measured)


def survived(killed: str, **known: object) -> Survival:
    usual: dict[str, object] = {
        "killed": killed,
        "programs": 500,
        "alive": 500,
        "replaced_meanwhile": False,
        "answers_s": 0.5,
        "kept": 499,
        "anew": 1,
        "doubles": 0,
        "missing": 0,
        "restarts": 1,
        "told_right": 500,
        "lines": Lines(written=1000, lost=0, lost_of_killed=0, twice=0),
    }
    return msgspec.convert({**usual, **known}, Survival)


def written(**known: object) -> Logged:
    usual: dict[str, object] = {
        "mb_per_s": 300.0,
        "seconds": 0.7,
        "cpu_s": 0.5,
        "files": 16,
        "lines": 100,
        "lost": 0,
        "split": 0,
        "in_order": True,
    }
    return msgspec.convert({**usual, **known}, Logged)


def run_of(*peers: Peer, asked: tuple[str, ...] = ("measure",), sizes: tuple[int, ...] = (500,)) -> Results:
    floors = tuple(
        StatusFloor(programs=size, status_all_s=same(0.0008), status_one_per_s=10_000.0) for size in sizes
    )
    return Results(machine=MACHINE, quick=False, asked=asked, sizes=sizes, peers=peers, floors=floors)


def ours(**known: object) -> Peer:
    usual: dict[str, object] = {"name": "ours", "version": "1", "notes": ""}
    return msgspec.convert({**usual, **known}, Peer)


def found(figures: list[Figure], row: str, what: str) -> Figure:
    (figure,) = [each for each in figures if each.row == row and each.what.strip().startswith(what)]
    return figure


def test_a_run_without_ours_has_no_rows() -> None:
    other = ours(name="other", measured=(measured(500),))
    assert rows(run_of(other), "ours", KILLED) == []


def test_what_is_good_enough_meets_every_goal() -> None:
    mine = ours(
        measured=(measured(500),), logged=written(), survivals=tuple(survived(each) for each in KILLED)
    )
    figures = rows(run_of(mine, asked=("measure", "survival", "logs")), "ours", KILLED)
    assert failures(figures) == []
    assert sum(1 for each in figures if each.verdict == "met") == 8 + 3 + 2 * 8


@pytest.mark.parametrize(
    ("row", "what", "worse"),
    [
        ("start", "all of 500", {"start_all_s": 0.95}),
        ("status", "of all 500", {"status_all_s": same(0.0016)}),
        ("status", "of one", {"status_one_per_s": 7999.0}),
        ("command", "status of all 500", {"status_command_s": same(0.081)}),
        ("kill", "replacement", {"crashes": Crashes(same(0.0051), 0)}),
        ("kill", "not replaced", {"crashes": Crashes(same(0.002), 1)}),
        ("memory", "PSS of the daemon", {"memory_mib": {"daemon": 41.0, "zygote": 60.0}}),
        ("memory", "zygote", {"memory_mib": {"daemon": 30.0, "zygote": 111.0}}),
    ],
)
def test_each_goal_is_missed_by_what_is_worse(row: str, what: str, worse: dict[str, object]) -> None:
    figures = rows(run_of(ours(measured=(measured(500, **worse),))), "ours", KILLED)
    assert failures(figures) == [found(figures, row, what)]


def test_goals_hold_for_500_programs_and_not_for_fewer() -> None:
    slow = ours(measured=(measured(100, start_all_s=9.0),))
    figures = rows(run_of(slow, sizes=(10, 100)), "ours", KILLED)
    assert failures(figures) == []
    assert found(figures, "start", "all of 100").verdict == "told"


def test_what_could_not_be_measured_fails_the_run() -> None:
    figures = rows(run_of(ours(), asked=("measure", "survival", "logs")), "ours", KILLED)
    assert {each.verdict for each in failures(figures)} == {"not measured"}
    assert {"start", "log", "SIGKILL of daemon"} <= {each.row for each in failures(figures)}


def test_others_stand_beside_ours_with_how_many_times_better_ours_is() -> None:
    other = ours(name="other", measured=(measured(500, start_all_s=2.0, status_one_per_s=450.0),))
    figures = rows(run_of(ours(measured=(measured(500),)), other), "ours", KILLED)
    assert found(figures, "start", "all of 500").ratios == (4,)
    one = found(figures, "status", "of one")
    assert dict(zip([each.name for each in one.baselines], one.ratios, strict=True)) == {
        "other": 20,
        FLOOR: 0.9,
    }


def test_the_bare_loops_are_compared_by_their_own_start() -> None:
    bare = ours(name="raw", measured=(measured(500, status_all_s=None, start_all_s=None, boot_s=0.6),))
    figures = rows(run_of(ours(measured=(measured(500),)), bare), "ours", KILLED)
    (beside,) = found(figures, "start", "all of 500").baselines
    assert (beside.name, beside.value) == ("raw", 600)


@pytest.mark.parametrize(
    ("what", "worse"),
    [
        ("same process", {"kept": 498}),
        ("run twice", {"doubles": 1}),
        ("do not run", {"missing": 1}),
        ("replacements", {"restarts": 2}),
        ("replacements", {"restarts": 0}),
        ("told right", {"told_right": 499}),
        ("lost", {"lines": Lines(written=9, lost=1, lost_of_killed=1, twice=0)}),
        ("twice in the files", {"lines": Lines(written=9, lost=0, lost_of_killed=0, twice=1)}),
        ("until it answers", {"answers_s": 1.1}),
    ],
)
def test_each_way_not_to_survive_is_a_missed_row(what: str, worse: dict[str, object]) -> None:
    mine = ours(survivals=(survived("daemon", **worse),))
    figures = rows(run_of(mine, asked=("survival",)), "ours", ["daemon"])
    assert failures(figures) == [found(figures, "SIGKILL of daemon", what)]


def test_only_what_a_program_wrote_before_it_died_with_everything_dead_may_be_missing() -> None:
    def lost(lines: Lines) -> list[Figure]:
        mine = ours(survivals=(survived(KILLED[1], lines=lines),))
        return failures(rows(run_of(mine, asked=("survival",)), "ours", KILLED[1:]))

    assert lost(Lines(written=99, lost=5, lost_of_killed=5, twice=0)) == []
    (missed,) = lost(Lines(written=99, lost=6, lost_of_killed=5, twice=0))
    assert missed.value == 1


@pytest.mark.parametrize("worse", [{"mb_per_s": 249.0}, {"lost": 1}, {"split": 1}])
def test_each_fault_of_the_log_is_a_missed_row(worse: dict[str, object]) -> None:
    figures = rows(run_of(ours(logged=written(**worse)), asked=("logs",)), "ours", KILLED)
    assert len(failures(figures)) == 1


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"alive": 0}, "the programs die with it"),
        ({"doubles": 3}, "they live on, and are started a second time"),
        ({"missing": 1}, "they live on, and one that dies is not replaced"),
        ({"kept": 0}, "they live on, and are then ended and started anew"),
        ({"told_right": 2}, "they live on, and are lost sight of"),
        ({"told_right": None}, "they live on, and are looked after"),
        ({}, "they live on, and are looked after"),
    ],
)
def test_a_verdict_says_in_words_what_became_of_the_programs(known: dict[str, object], words: str) -> None:
    assert verdict(survived("supervisor", **known)) == words


def test_the_document_has_every_supervisor_and_every_failure() -> None:
    mine = ours(measured=(measured(500),), logged=written(), survivals=(survived("daemon"),))
    other = ours(
        name="other",
        measured=(measured(500, errors={"idle": "went | away"}),),
        errors={"logs": "none came"},
        notes="by\nhand",
    )
    results = run_of(mine, other, asked=("measure", "survival", "logs"))
    text = document(results, rows(results, "ours", ["daemon"]))
    assert "## 500 programs" in text
    assert "daemon 30.0, zygote 60.0" in text
    assert "| other" in text
    assert "went / away" in text
    assert "none came" in text
    assert "by hand" in text
    assert "busy" not in text


def test_a_busy_machine_is_said() -> None:
    busy = msgspec.structs.replace(MACHINE, busy=True)
    results = msgspec.structs.replace(run_of(), machine=busy, quick=True)
    text = document(results, [])
    assert "to be doubted" in text
    assert "quick" in text


def test_a_table_has_as_many_columns_in_every_line() -> None:
    lines = grid(("a", "long head"), [("1", "2"), ("a|b", "")]).splitlines()
    assert {line.count("|") for line in lines} == {3}
    assert len({len(line) for line in lines}) == 1


def test_a_spread_is_made_of_samples() -> None:
    assert spread([3.0, 1.0, 2.0]) == Spread(1.0, 2.0, 3.0, 3.0, 3)
    with pytest.raises(ValueError, match="empty"):
        spread([])


def test_every_line_is_accounted_for_by_the_process_that_wrote_it() -> None:
    texts = [b"%010d %010d" % (7, number) for number in (0, 1, 1, 3)]
    texts += [b"%010d %010d" % (8, 0), b"a remark", b"%010d %010d and more" % (7, 2), b"%010d %010d" % (9, 0)]
    assert account({7: 4, 8: 2}, texts, killed=8) == Lines(written=6, lost=2, lost_of_killed=1, twice=1)


def test_a_line_that_was_written_and_not_counted_yet_is_not_missed() -> None:
    texts = [b"%010d %010d" % (7, number) for number in (0, 1)]
    assert account({7: 1}, texts, killed=0) == Lines(written=1, lost=0, lost_of_killed=0, twice=0)


def numbered(count: int) -> list[bytes]:
    return [b"%010d" % number + b"x" * (LINE_BYTES - 11) + b"\n" for number in range(count)]


@given(st.lists(st.integers(0, 20 * LINE_BYTES), max_size=5))
def test_lines_cut_at_file_ends_are_found_and_counted(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("logs")
    text, ends = b"".join(numbered(20)), sorted({0, *cuts, 20 * LINE_BYTES})
    files = []
    for number, (start, end) in enumerate(pairwise(ends)):
        files.append(folder / str(number))
        files[-1].write_bytes(text[start:end])
    lines = read_lines(files, lambda record: record)
    assert (lines.found, lines.in_order) == (20, True)
    assert lines.split == sum(1 for end in ends[1:] if end % LINE_BYTES)


def test_lines_that_are_missing_damaged_or_out_of_order_show(tmp_path: Path) -> None:
    file = tmp_path / "log"
    lines = numbered(6)
    file.write_bytes(b"".join([lines[0], lines[2], lines[1], lines[3][:50] + b"\n", b"remark\n", lines[5]]))
    seen = read_lines([file], lambda record: record)
    assert (seen.found, seen.split, seen.in_order) == (4, 0, False)


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (b"2026-11-22T20:00:00.123Z O hello\n", b"hello\n"),
        (b"2026-11-22T20:00:00.123Z E \n", b"\n"),
        (b"2026-11-22T20:00:00.123Z o hel\n", b"hel"),
        (b"2026-11-22T20:00:00.123Z O+lo\n", b"lo\n"),
        (b"2026-11-22T20:00:00.123Z L 3 lines dropped: no room\n", b""),
        (b"no stamp\n", b""),
    ],
)
def test_our_stamp_is_taken_off(tmp_path: Path, record: bytes, text: bytes) -> None:
    adapter = Protoddfd(Site(tmp_path, tmp_path), tmp_path)
    assert adapter.text_of(record) == text


def test_our_lines_that_came_in_pieces_are_put_together(tmp_path: Path) -> None:
    stamp, (first, second) = b"2026-11-22T20:00:00.123Z ", numbered(2)
    records = [b"L the logger's own\n", b"o " + first[:40] + b"\n", b"O+" + first[40:], b"O " + second]
    (tmp_path / "log").write_bytes(b"".join(stamp + each for each in records))
    adapter = Protoddfd(Site(tmp_path, tmp_path), tmp_path)
    lines = read_lines([tmp_path / "log"], adapter.text_of)
    assert (lines.found, lines.split, lines.in_order) == (2, 0, True)


def test_our_files_come_oldest_first(tmp_path: Path) -> None:
    (tmp_path / "logs/p0").mkdir(parents=True)
    for name in ("0.log", "0.000002.log", "0.000010.log", "0.1000000.log", "0.counts", "1.000001.log"):
        (tmp_path / "logs/p0" / name).touch()
    found = Protoddfd(Site(tmp_path, tmp_path), tmp_path).log_files("p0")
    assert [each.name for each in found] == ["0.000002.log", "0.000010.log", "0.1000000.log", "0.log"]


def test_rotated_files_come_oldest_first(tmp_path: Path) -> None:
    for name in ("0.log", "0.log.1", "0.log.2", "0.log.10", "0.log.gz", "10.log.1"):
        (tmp_path / name).touch()
    assert [each.name for each in rotated(tmp_path / "0.log")] == ["0.log.10", "0.log.2", "0.log.1", "0.log"]


def test_every_supervisor_can_be_killed_in_its_main_part() -> None:
    assert OURS in ADAPTERS
    for name, kind in ADAPTERS.items():
        assert name == kind.name
        assert (kind.main,) in kind.killed


def test_a_supervisor_that_is_not_known_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--only", "inetd"])
    assert ended.value.code == 2
    assert "inetd" in capsys.readouterr().err
