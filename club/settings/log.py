"""Sends a program's log to standard error, as lines for people or one JSON object a line."""

import json
import logging
import re
import sys
from datetime import UTC, datetime

from club.settings.shared import Log


def start(log: Log) -> None:
    """Take over the root logger: level and form as set. Call once, from a program's `__main__`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if log.form == "json" else _Text("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(_is_worth_keeping)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(log.level.upper())


def _is_worth_keeping(record: logging.LogRecord) -> bool:
    """Kivy sets its own level on import and then tells of every library it finds."""
    return record.levelno >= logging.WARNING or not record.name.startswith("kivy")


# What a stranger asked for is logged too: a line break in it must not begin a line that we never wrote.
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)}


class _Text(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- logging's name
        return super().formatMessage(record).translate(_CONTROLS)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 -- logging's name
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


_IDS = re.compile(r"\b(command|session) ([0-9a-zA-Z-]{16,64})\b")
"""Ids by which one visit is followed through the logs of all programs; they stand in the message, and in fields of their own."""


class _Json(_Text):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= dict(_IDS.findall(entry["message"]))
        if record.exc_info:
            entry["trace"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)
