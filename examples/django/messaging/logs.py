"""Logs for machines: one JSON object a line."""

import json
import logging
from datetime import UTC, datetime

FIELDS = "fields"


class JsonFormatter(logging.Formatter):
    """Give time, level, logger and event, then the event's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Give a record as one line."""
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


def log(logger: logging.Logger, level: int, event: str, **fields: object) -> None:
    """Log an event with its fields. Payloads and passwords are no fields."""
    logger.log(level, event, extra={FIELDS: fields})
