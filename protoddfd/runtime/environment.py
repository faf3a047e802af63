"""What a process of an app finds in its environment beside the daemon's own."""

from collections.abc import Mapping
from pathlib import Path

from protoddfd.runtime.record import AppRecord


def environment_of(
    record: AppRecord,
    slot: int,
    *,
    meter: Path,
    probe: Path,
    redis_url: str,
    stop_grace_s: float,
    secret: Mapping[str, str],
) -> dict[str, str]:
    """Return the variables of one instance; what the daemon itself says cannot be set otherwise."""
    ports = {"FRONTEND_PORT": record.frontend, "BACKEND_PORT": record.backend, "PORT": record.frontend}
    return {
        **({"REFLEX_REDIS_URL": redis_url} if redis_url else {}),
        **secret,
        **record.options.env,
        **{name: str(port) for name, port in ports.items() if port is not None},
        "PROTODDF_METER": str(meter),
        "PROTODDF_PROBE": str(probe),
        "PROTODDF_STOP_GRACE_S": str(stop_grace_s),
        "PROTODDF_APP": record.name,
        "PROTODDF_SLOT": str(slot),
    }
