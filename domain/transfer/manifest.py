"""A manifest: an object that names the objects to copy. Read a piece at a time; pure.

A position in it is recorded with each planned page, so that it is read on where it was
left: a byte, the number of its line, and what the first line said of the columns.
"""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import StringIO
from typing import cast
from urllib.parse import unquote_plus

from pydantic import Field

from domain.errors import ManifestError
from domain.message import Message

# No record is longer, so that a window of this size always holds one.
LONGEST_RECORD_BYTES = 64 * 1024
_LONGEST_KEY_BYTES = 1024
_BOM = b"\xef\xbb\xbf"
_COLUMNS = ("key", "versionid", "destinationkey", "size", "etag")
_INVENTORY = ("bucket", "key")


class Format(StrEnum):
    """How it is written."""

    CSV = "csv"
    JSONL = "jsonl"
    INVENTORY = "inventory"


_FORMATS = {
    "csv": Format.CSV,
    "txt": Format.CSV,
    "jsonl": Format.JSONL,
    "ndjson": Format.JSONL,
}


class Manifest(Message):
    """Where it is: in a bucket of the source's endpoint, or (None) the source's own."""

    key: str = Field(min_length=1, max_length=_LONGEST_KEY_BYTES)
    bucket: str | None = Field(default=None, exclude_if=lambda value: value is None)
    format: Format


class Position(Message):
    """Where to read on. The manifest is pinned: it must not change on the way."""

    etag: str = ""
    version_id: str | None = None
    size_bytes: int
    offset_bytes: int = 0
    line: int = 1
    columns: tuple[str, ...] = ()

    @property
    def at_the_end(self) -> bool:
        """Whether nothing follows."""
        return self.offset_bytes >= self.size_bytes


@dataclass(frozen=True)
class Row:
    """One object that is named. What is None is not said.

    `destination` is below the destination's prefix. `size_bytes` and `etag` must be
    the object's own.
    """

    line: int
    key: str
    version_id: str | None = None
    destination: str | None = None
    size_bytes: int | None = None
    etag: str | None = None


def format_of(key: str) -> Format | None:
    """The format that the extension tells, if it tells one."""
    return _FORMATS.get(key.rpartition(".")[2].casefold())


def read(
    data: bytes, at: Position, manifest: Manifest, bucket: str | None, most: int
) -> tuple[list[Row], Position]:
    """Up to `most` rows of `data`, which begins at the position; and where they end.

    No row, and the same position, where `data` does not hold a whole record.
    `bucket` is the source's: an inventory may name no other.
    Raises ManifestError with the line that is wrong.
    """
    last = at.offset_bytes + len(data) >= at.size_bytes
    rows: list[Row] = []
    for record in _records(data, last=last, quoted=manifest.format is not Format.JSONL):
        reader = _Reader(manifest.format, at, bucket)
        row = reader.row(record)
        if row is not None:
            rows.append(row)
        at = reader.after(record)
        if len(rows) == most:
            break
    return rows, at


def _records(data: bytes, *, last: bool, quoted: bool) -> Iterator[bytes]:
    """Whole records with their line ends; within quotes, a line end is none."""
    start = end = 0
    while (end := data.find(b"\n", end)) >= 0:
        end += 1
        if not quoted or data.count(b'"', start, end) % 2 == 0:
            yield data[start:end]
            start = end
    if last and start < len(data):
        yield data[start:]


class _Reader:
    """Reads the record at a position."""

    def __init__(self, format_: Format, at: Position, bucket: str | None) -> None:
        self._format = format_
        self._at = at
        self._bucket = bucket
        self._columns = at.columns

    def after(self, record: bytes) -> Position:
        """The position behind the record, once it was read."""
        moved = {
            "offset_bytes": self._at.offset_bytes + len(record),
            "line": self._at.line + record.count(b"\n"),
            "columns": self._columns,
        }
        return self._at.model_copy(update=moved)

    def row(self, record: bytes) -> Row | None:
        """The row; None for an empty line and for the names of the columns."""
        if self._at.offset_bytes == 0:
            record = record.removeprefix(_BOM)
        if len(record) > LONGEST_RECORD_BYTES:
            raise self._wrong(f"is longer than {LONGEST_RECORD_BYTES} bytes")
        try:
            text = record.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            raise self._wrong("is not UTF-8") from None
        if not text.strip():
            return None
        if self._format is Format.JSONL:
            return self._made(self._document(text))
        cells = self._cells(text)
        if not self._columns:
            self._columns = self._named(cells)
            if self._columns and self._format is Format.CSV:
                return None
            self._columns = _INVENTORY if self._format is Format.INVENTORY else _COLUMNS
        return self._made(dict(zip(self._columns, cells, strict=False)))

    def _named(self, cells: Sequence[str]) -> tuple[str, ...]:
        """The names of the columns, where this is what the first line holds."""
        names = tuple(_bare(each) for each in cells)
        return names if "key" in names else ()

    def _cells(self, text: str) -> list[str]:
        try:
            (cells,) = csv.reader(StringIO(text, newline=""), strict=True)
        except (csv.Error, ValueError):
            raise self._wrong("is no CSV") from None
        return cells

    def _document(self, text: str) -> dict[str, object]:
        try:
            said: object = json.loads(text)
        except (ValueError, RecursionError):
            raise self._wrong("is no JSON") from None
        if isinstance(said, str):
            return {"key": said}
        if not isinstance(said, dict):
            raise self._wrong("is neither an object nor a text")
        fields = cast("dict[str, object]", said)
        return {_bare(name): value for name, value in fields.items()}

    def _made(self, said: dict[str, object]) -> Row:
        key = self._text(said, "key")
        if key is None:
            raise self._wrong("names no key")
        if self._format is Format.INVENTORY:
            key = unquote_plus(key)
            if self._bucket is not None and said.get("bucket") != self._bucket:
                raise self._wrong("names an object of another bucket")
            return Row(self._at.line, self._fitting(key))
        destination = self._text(said, "destinationkey")
        etag = self._text(said, "etag")
        return Row(
            line=self._at.line,
            key=self._fitting(key),
            version_id=self._text(said, "versionid"),
            destination=None if destination is None else self._fitting(destination),
            size_bytes=self._size(said),
            etag=None if etag is None else etag.strip('"'),
        )

    def _text(self, said: dict[str, object], name: str) -> str | None:
        value = said.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise self._wrong(f"{name} is no text")
        return value

    def _size(self, said: dict[str, object]) -> int | None:
        value = said.get("size")
        if value is None or value == "":
            return None
        if isinstance(value, str) and value.isascii() and value.isdecimal():
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self._wrong("size is no number of bytes")
        return value

    def _fitting(self, key: str) -> str:
        try:
            size = len(key.encode())
        except UnicodeEncodeError:
            raise self._wrong("names a key that UTF-8 cannot hold") from None
        if size > _LONGEST_KEY_BYTES or "\0" in key:
            raise self._wrong(f"names a key of more than {_LONGEST_KEY_BYTES} bytes")
        return key

    def _wrong(self, how: str) -> ManifestError:
        return ManifestError(f"line {self._at.line} of the manifest {how}")


def _bare(name: str) -> str:
    return "".join(each for each in name.casefold() if each.isalnum())
