"""What an instance uses, from what was seen of it and when."""

from protoddfd.edge.stats import Usage
from protoddfd.runtime.gauge import CONFIRM_EVERY_S, Gauge, Weight

MIB = 1 << 20


def usage(cpu_s: float) -> Usage:
    return Usage(
        processes=1, cpu_s=cpu_s, rss_bytes=90 * MIB, threads=1, open_files=5, read_bytes=0, written_bytes=0
    )


def attending(pid: int) -> Gauge:
    gauge = Gauge()
    gauge.attend(pid)
    return gauge


def test_a_percentage_takes_two_looks() -> None:
    gauge = attending(7)
    gauge.take_cpu(3.0, now=100.0)
    assert gauge.cpu_percent == 0.0
    gauge.take_cpu(4.5, now=110.0)
    assert gauge.cpu_percent == 15.0


def test_two_looks_that_are_close_together_count_as_one() -> None:
    gauge = attending(7)
    gauge.take_cpu(3.0, now=100.0)
    gauge.take_cpu(3.02, now=100.02)
    assert gauge.cpu_percent == 0.0
    gauge.take_cpu(4.0, now=102.0)
    assert gauge.cpu_percent == 50.0
    assert gauge.cpu_total_s == 4.0


def test_processor_time_adds_up_over_the_processes_that_an_instance_had() -> None:
    gauge = attending(7)
    gauge.take(usage(3.0), now=100.0)
    gauge.attend(8)
    assert gauge.usage is None
    assert gauge.cpu_percent == 0.0
    gauge.take(usage(1.0), now=110.0)
    assert gauge.cpu_total_s == 4.0
    assert gauge.cpu_percent == 0.0


def test_processor_time_never_falls_when_a_child_is_lost() -> None:
    gauge = attending(7)
    gauge.take_cpu(3.0, now=100.0)
    gauge.take_cpu(1.0, now=110.0)
    gauge.take_cpu(2.0, now=120.0)
    assert gauge.cpu_total_s == 4.0
    assert gauge.cpu_percent == 10.0


def test_a_process_that_has_ended_changes_nothing() -> None:
    gauge = attending(7)
    gauge.take(usage(3.0), now=100.0)
    gauge.take(None, now=110.0)
    gauge.take_cpu(None, now=120.0)
    assert gauge.cpu_total_s == 3.0
    assert gauge.usage is not None


def test_what_is_resident_is_the_most_that_it_can_be() -> None:
    assert not attending(7).may_be_over(100 * MIB, 100 * MIB, now=0.0)
    assert attending(7).may_be_over(100 * MIB + 1, 100 * MIB, now=0.0)


def test_what_was_weighed_well_below_its_limit_is_not_weighed_again_until_it_grew() -> None:
    gauge = attending(7)
    gauge.confirmed = Weight(at=1000.0, pss_bytes=20 * MIB, rss_bytes=90 * MIB)
    assert not gauge.may_be_over(90 * MIB, 60 * MIB, now=1005.0)
    assert not gauge.may_be_over(109 * MIB, 60 * MIB, now=1005.0)
    assert gauge.may_be_over(110 * MIB, 60 * MIB, now=1005.0)
    assert gauge.may_be_over(90 * MIB, 60 * MIB, now=1000.0 + CONFIRM_EVERY_S)


def test_another_process_has_not_been_weighed() -> None:
    gauge = attending(7)
    gauge.confirmed = Weight(at=1000.0, pss_bytes=20 * MIB, rss_bytes=90 * MIB)
    gauge.attend(8)
    assert gauge.may_be_over(90 * MIB, 60 * MIB, now=1005.0)
