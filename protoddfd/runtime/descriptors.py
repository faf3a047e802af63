"""Notices within a second that no descriptor is left, which all else would only meet as odd failures."""

import asyncio
import os

import structlog

from protoddfd.edge.faults import explain
from protoddfd.runtime.bus import Bus

PERIOD_S = 0.8

log = structlog.get_logger("protoddfd.descriptors")


class DescriptorWatch:
    """`trouble` says that none is left, None while there are some."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.trouble: str | None = None

    async def run(self) -> None:
        """Try now and then, until cancelled."""
        while True:
            await asyncio.sleep(PERIOD_S)
            self._try()

    def _try(self) -> None:
        trouble: str | None = None
        try:
            os.close(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
        except OSError as error:
            trouble = explain(error, "open another file or connection").text
        if (trouble is None) == (self.trouble is None):
            return
        self.trouble = trouble
        if trouble is None:
            log.info("descriptors.recovered")
            self._bus.publish("daemon.recovered")
        else:
            log.error("descriptors.degraded", reason=trouble)
            self._bus.publish("daemon.degraded", reason=trouble)
