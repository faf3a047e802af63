"""Every metric there is: name, labels, meaning. The reference page and the dashboard are held to it.

Names follow Prometheus' conventions: base units, `_total` for what only grows, nothing in a name that a label
says.
"""

from typing import Literal, NamedTuple

Kind = Literal["gauge", "counter", "histogram"]

PREFIX = "protoddf_"


class Metric(NamedTuple):
    """One row of the catalogue."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    help: str

    @property
    def sample_names(self) -> tuple[str, ...]:
        """The names under which its numbers can be asked for."""
        parts = ("_bucket", "_count", "_sum") if self.kind == "histogram" else ("",)
        return tuple(f"{self.name}{part}" for part in parts)


_Row = tuple[str, Kind, str]

_OF_APPS: tuple[_Row, ...] = (
    ("app_up", "gauge", "Does the app answer?"),
    ("app_wanted", "gauge", "Is the app wanted up?"),
    ("app_instances", "gauge", "Processes that serve the app."),
    ("app_instances_wanted", "gauge", "Processes that should serve the app."),
    ("app_connections", "gauge", "Open connections to the app's ports."),
    ("app_disk_bytes", "gauge", "What the app's folder takes on disk, when last counted."),
    ("app_memory_limit_bytes", "gauge", "What an instance may use of memory, where that is set."),
)

_OF_INSTANCES: tuple[_Row, ...] = (
    ("app_restarts_total", "counter", "Processes made in the place of an earlier one."),
    ("app_cpu_seconds_total", "counter", "Processor time used, user and system."),
    ("app_cpu_ratio", "gauge", "Processor use when last looked at: 1 is a whole core."),
    ("app_memory_pss_bytes", "gauge", "Memory, what is shared counted in part, when last weighed."),
    ("app_memory_rss_bytes", "gauge", "Resident memory, what is shared counted in full."),
    ("app_processes", "gauge", "Processes of the instance: its own and their descendants."),
    ("app_threads", "gauge", "Threads of the instance."),
    ("app_open_files", "gauge", "Open files and sockets of the instance."),
    ("app_storage_read_bytes_total", "counter", "Bytes fetched from storage."),
    ("app_storage_written_bytes_total", "counter", "Bytes sent to storage."),
    ("app_requests_total", "counter", "Requests, checks not counted."),
    ("app_request_errors_total", "counter", "Requests answered by 500 or above, or not at all."),
    ("app_requests_in_progress", "gauge", "Requests that are being answered."),
    ("app_websockets", "gauge", "Open websockets: pages that somebody has open."),
    ("app_messages_total", "counter", "Messages that pages sent over websockets."),
    (
        "app_request_duration_seconds", "histogram",
        "How long requests took to answer; listed from an instance's first request on.",
    ),
    ("app_log_bytes_total", "counter", "Output written to log files since the logger began."),
    ("app_log_lines_dropped_total", "counter", "Lines of output that the disk refused."),
    ("app_log_lines_discarded_total", "counter", "Lines in log files that age, size or quota removed."),
)  # fmt: skip

_OF_THE_DAEMON: tuple[_Row, ...] = (
    ("ports", "gauge", "Ports of the range that apps get theirs from."),
    ("ports_free", "gauge", "Ports of the range that belong to no app."),
    ("events_total", "counter", "Events published; the number of the last one."),
    ("event_followers", "gauge", "Clients that follow events."),
    ("daemon_degraded", "gauge", "Is there a reason why the daemon cannot do all that it should?"),
    ("daemon_start_time_seconds", "gauge", "When the daemon began, in Unix time."),
    ("snapshot_writes_total", "counter", "How often the state was stored."),
    ("snapshot_write_failures_total", "counter", "How often the disk refused to store the state."),
    ("snapshot_last_write_timestamp_seconds", "gauge", "When the state was stored, in Unix time."),
    ("snapshot_size_bytes", "gauge", "Size of the stored state."),
)

_OF_PROCESSES: tuple[_Row, ...] = (
    ("up", "gauge", "Does {} run?"),
    ("cpu_seconds_total", "counter", "Processor time that {} has used."),
    ("memory_rss_bytes", "gauge", "Resident memory of {}, what is shared counted in full."),
    ("memory_pss_bytes", "gauge", "Memory of {}, what is shared counted in part, when last weighed."),
    ("threads", "gauge", "Threads of {}."),
    ("open_files", "gauge", "Open files and sockets of {}."),
)

_WITH_LABELS_OF_THEIR_OWN = (
    Metric("protoddf_build_info", "gauge", ("version", "python"), "1, labelled with what runs."),
    Metric("protoddf_apps", "gauge", ("state",), "Apps in each state."),
    Metric("protoddf_degraded", "gauge", ("reason",), "1 for each reason why the daemon is degraded."),
    Metric("protoddf_app_info", "gauge", ("app", "template", "served_by"), "1, labelled with what it is."),
    Metric("protoddf_app_state", "gauge", ("app", "state"), "1 for the app's state; no other is listed."),
    Metric("protoddf_app_check_ok", "gauge", ("app", "slot", "check"), "Did it pass its last check?"),
)


def _labelled(labels: tuple[str, ...], rows: tuple[_Row, ...]) -> tuple[Metric, ...]:
    return tuple(Metric(f"{PREFIX}{name}", kind, labels, text) for name, kind, text in rows)


def _of_process(who: str) -> tuple[Metric, ...]:
    return _labelled(
        (), tuple((f"{who}_{name}", kind, text.format(f"the {who}")) for name, kind, text in _OF_PROCESSES)
    )


CATALOGUE: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        *_WITH_LABELS_OF_THEIR_OWN,
        *_labelled(("app",), _OF_APPS),
        *_labelled(("app", "slot"), _OF_INSTANCES),
        *_labelled((), _OF_THE_DAEMON),
        *_of_process("daemon"),
        *_of_process("zygote"),
        *_of_process("logger"),
    )
}
"""Every metric there is, by the name that Prometheus knows it by."""
