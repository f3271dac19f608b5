"""Log lines, as JSON objects or plainly: what happened, and its ids as fields."""

import json
import logging
from datetime import UTC, datetime
from typing import Any, Literal

LogFormat = Literal["json", "plain"]
LogLevel = Literal["debug", "info", "warning", "error"]


class JsonFormatter(logging.Formatter):
    """One object per line; `extra={"fields": {...}}` gives the fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line. A traceback becomes a field: it holds no values of variables."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class PlainFormatter(logging.Formatter):
    """One line for people: when, how bad, where, what, and the fields as `name=value`.

    A traceback follows it.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line. What is in a field cannot begin another line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat("T", "milliseconds")
        words = [at, f"{record.levelname:<7}", record.name, record.getMessage()]
        fields: dict[str, Any] = getattr(record, "fields", {})
        words += [f"{name}={_shown(value)}" for name, value in fields.items()]
        line = " ".join(words).replace("\n", "\\n")
        if record.exc_info:
            line = f"{line}\n{self.formatException(record.exc_info)}"
        return line


def configure(form: LogFormat = "json", level: LogLevel = "info") -> None:
    """Everything from this level up, to stderr. For a process's main, nothing else."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if form == "json" else PlainFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def _shown(value: object) -> str:
    text = str(value)
    return json.dumps(text) if not text or set(text) & set(' "=\n\t') else text
