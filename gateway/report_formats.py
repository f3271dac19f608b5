"""The per-object report as bytes: CSV, JSON lines, Parquet. A page at a time."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from importlib import import_module
from typing import Any, Final, Protocol

from pydantic.alias_generators import to_camel

from domain.errors import DataPlaneError
from projections.report_views import ObjectLine

COLUMNS: Final = tuple(ObjectLine.model_fields)
HEADINGS: Final = tuple(to_camel(name) for name in COLUMNS)
_NUMBERS: Final = frozenset({"size", "parts", "attempts"})
_TIMES: Final = frozenset({"started_at", "ended_at"})


class Format(StrEnum):
    """How a report is written."""

    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


MEDIA_TYPES: Final = {
    Format.JSON: "application/json",
    Format.JSONL: "application/x-ndjson",
    Format.CSV: "text/csv; charset=utf-8; header=present",
    Format.PARQUET: "application/vnd.apache.parquet",
}


class Writer(Protocol):
    """Makes the bytes of a report: those before, of each page, and behind."""

    def begin(self) -> bytes:
        """What comes first."""
        ...

    def page(self, lines: Sequence[ObjectLine]) -> bytes:
        """What the lines add."""
        ...

    def end(self) -> bytes:
        """What comes last."""
        ...


def writer_of(format_: Format) -> Writer:
    """A writer. Raises DataPlaneError (`report.no-parquet`)."""
    match format_:
        case Format.PARQUET:
            return _Parquet()
        case Format.CSV:
            return _Csv()
        case _:
            return _JsonLines()


class _Csv:
    """RFC 4180, in UTF-8. Values are what they are: nothing is escaped but quotes."""

    def begin(self) -> bytes:
        return _csv([HEADINGS])

    def page(self, lines: Sequence[ObjectLine]) -> bytes:
        return _csv([_text(getattr(line, n)) for n in COLUMNS] for line in lines)

    def end(self) -> bytes:
        return b""


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    made = io.StringIO(newline="")
    csv.writer(made, lineterminator="\r\n").writerows(rows)
    return made.getvalue().encode()


def _text(value: object) -> object:
    # Absent is an empty cell, as the csv module has it.
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else value


class _JsonLines:
    def begin(self) -> bytes:
        return b""

    def page(self, lines: Sequence[ObjectLine]) -> bytes:
        return "".join(f"{line.model_dump_json()}\n" for line in lines).encode()

    def end(self) -> bytes:
        return b""


class _Parquet:
    """A row group per page. pyarrow is large, and loaded when it is asked for."""

    def __init__(self) -> None:
        try:
            self._arrow: Any = import_module("pyarrow")
            parquet: Any = import_module("pyarrow.parquet")
        except ModuleNotFoundError:
            raise DataPlaneError(
                "Parquet needs the extra waybill[parquet]", code="report.no-parquet"
            ) from None
        self._schema = self._arrow.schema([self._field(name) for name in COLUMNS])
        self._kept = _Drained()
        self._writer = parquet.ParquetWriter(
            self._arrow.PythonFile(self._kept, mode="w"), self._schema
        )

    def begin(self) -> bytes:
        return self._kept.drain()

    def page(self, lines: Sequence[ObjectLine]) -> bytes:
        columns = [[getattr(line, name) for line in lines] for name in COLUMNS]
        arrays = [
            self._arrow.array(values, type=field.type)
            for values, field in zip(columns, self._schema, strict=True)
        ]
        if lines:
            table = self._arrow.Table.from_arrays(arrays, schema=self._schema)
            self._writer.write_table(table)
        return self._kept.drain()

    def end(self) -> bytes:
        self._writer.close()
        return self._kept.drain()

    def _field(self, name: str) -> object:
        if name in _TIMES:
            return self._arrow.field(to_camel(name), self._arrow.timestamp("us", "UTC"))
        kind = self._arrow.int64() if name in _NUMBERS else self._arrow.string()
        if name == "adopted":
            kind = self._arrow.bool_()
        return self._arrow.field(to_camel(name), kind)


class _Drained(io.BytesIO):
    """A file that gives away what was written, and knows how much it was."""

    _given = 0

    def tell(self) -> int:
        return self._given + super().tell()

    def drain(self) -> bytes:
        data = self.getvalue()
        self._given += len(data)
        self.seek(0)
        self.truncate()
        return data
