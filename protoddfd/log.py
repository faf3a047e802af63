"""What the daemon says of itself: events with fields; JSON in a file and on stderr, plain on a terminal."""

import logging
import logging.handlers
import os
import sys
from pathlib import Path
from typing import Any

import msgspec
import structlog
from structlog.typing import EventDict, WrappedLogger

from protoddfd.settings import LogSettings

_LEVELS = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}


def set_up(settings: LogSettings, file: Path) -> None:
    """Send structlog's events to `file` and to stderr.

    Raises:
        OSError: the file cannot be written.
    """
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    to_file = logging.handlers.RotatingFileHandler(
        file, maxBytes=settings.rotate_mib * 1024 * 1024, backupCount=settings.keep, encoding="utf-8"
    )
    as_json = _formatter(_json)
    to_file.setFormatter(as_json)
    to_stderr = logging.StreamHandler(sys.stderr)
    to_stderr.setFormatter(_stderr_formatter() or as_json)
    root = logging.getLogger()
    root.handlers = [to_file] if _is_stderr(file) else [to_file, to_stderr]
    root.setLevel(level)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    logging.raiseExceptions = False
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _is_stderr(file: Path) -> bool:
    """Does stderr go to the file already, as it does in the background?"""
    try:
        return os.path.samestat(os.fstat(2), file.stat())
    except OSError:
        return False


def _stderr_formatter() -> logging.Formatter | None:
    """Return how a person, or journald, is told; None where stderr is neither."""
    if sys.stderr.isatty():
        console = structlog.dev.ConsoleRenderer(colors="NO_COLOR" not in os.environ, pad_event_to=18)
        return _formatter(lambda logger, name, event: console(logger, name, _brief(event)))
    if "JOURNAL_STREAM" in os.environ:
        return _formatter(_for_journald)
    return None


def _brief(event: EventDict) -> EventDict:
    """Return what a person at a terminal wants to see: the time of day, and no fields that say nothing."""
    event.pop("logger", None)
    event["timestamp"] = str(event.get("timestamp", ""))[11:19]
    return {key: value for key, value in event.items() if value is not None}


class _Once(logging.Formatter):
    """Formats each record once: a rotating handler asks twice, and handlers share it."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self._formatter = formatter
        self._last: tuple[logging.LogRecord | None, str] = (None, "")

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text."""
        last, text = self._last
        if last is not record:
            text = self._formatter.format(record)
            self._last = record, text
        return text


def _formatter(renderer: Any) -> logging.Formatter:
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        foreign_pre_chain=[
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
    )
    return _Once(formatter)


def _json(logger: WrappedLogger, name: str, event: EventDict) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()


def _for_journald(logger: WrappedLogger, name: str, event: EventDict) -> str:
    """Return the event as JSON behind its syslog level, which journald takes off and files it under."""
    level = _LEVELS.get(str(event.get("level")), 6)
    return f"<{level}>{_json(logger, name, event)}"
