"""What the lines of a manifest mean, however it is cut into windows."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import ManifestError
from domain.transfer.manifest import Format, Manifest, Position, Row, format_of, read

keys = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1
).filter(lambda key: len(key.encode()) <= 1024)
rows = st.lists(st.tuples(keys, st.none() | keys, st.none() | st.integers(0, 9)))


def told(
    text: str | bytes, format_: Format = Format.CSV, *, window: int = 1 << 20
) -> list[Row]:
    """All rows, read through a window that begins with so many bytes."""
    data = text if isinstance(text, bytes) else text.encode()
    manifest = Manifest(key="m", format=format_)
    at, found, length = Position(size_bytes=len(data)), [], window
    while not at.at_the_end:
        piece = data[at.offset_bytes : at.offset_bytes + length]
        some, after = read(piece, at, manifest, "lake", 3)
        # As it is recorded, and read again after a crash.
        after = Position.model_validate_json(after.model_dump_json())
        length = length + window if after == at else window
        found += some
        at = after
    return found


def as_csv(said: list[tuple[str, str | None, int | None]]) -> str:
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(["key", "Destination-Key", "size"])
    writer.writerows(said)
    return written.getvalue()


@given(said=rows, window=st.integers(1, 300))
def test_csv_is_read_as_it_was_written(
    said: list[tuple[str, str | None, int | None]], window: int
) -> None:
    found = told(as_csv(said), window=window)
    assert [(e.key, e.destination, e.size_bytes) for e in found] == said


@given(said=rows, window=st.integers(1, 300))
def test_json_lines_are_read_as_they_were_written(
    said: list[tuple[str, str | None, int | None]], window: int
) -> None:
    names = ("key", "destinationKey", "size")
    lines = [json.dumps(dict(zip(names, each, strict=True))) for each in said]
    found = told("\n".join(lines), Format.JSONL, window=window)
    assert [(e.key, e.destination, e.size_bytes) for e in found] == said
    assert [each.line for each in found] == [*range(1, len(said) + 1)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\n", [Row(1, "a"), Row(2, "b")]),
        ("\ufeffkey\r\na\r\n\r\nb", [Row(2, "a"), Row(4, "b")]),
        ('a,v1,out/a,5,"""e"""\n', [Row(1, "a", "v1", "out/a", 5, "e")]),
        ('etag,key\ne,"a\nb"\n,c\n', [Row(2, "a\nb", etag="e"), Row(4, "c")]),
        ("", []),
    ],
)
def test_what_csv_means(text: str, expected: list[Row]) -> None:
    assert told(text) == expected


def test_what_json_lines_mean() -> None:
    text = '"a"\n\n{"key": "b", "versionId": "v", "size": "7", "other": 1}\n'
    assert told(text, Format.JSONL) == [Row(1, "a"), Row(3, "b", "v", None, 7)]


def test_an_inventory_has_encoded_keys_of_one_bucket() -> None:
    text = '"lake","a+b%2Fc%25","7"\n"lake","d"\n'
    assert told(text, Format.INVENTORY) == [Row(1, "a b/c%"), Row(2, "d")]


@pytest.mark.parametrize(
    ("format_", "text", "line"),
    [
        (Format.CSV, 'a\nb"c\n"d\n', 2),
        (Format.CSV, "key,size\na,b\n", 2),
        (Format.CSV, "versionId,key\nv,\n", 2),
        (Format.CSV, b"a\n\xff\n", 2),
        (Format.CSV, "a" * 1025, 1),
        (Format.CSV, "a\n\0", 2),
        (Format.JSONL, '"a"\n{"key": 3}', 2),
        (Format.JSONL, '"a"\n"b"\n{"key"', 3),
        (Format.JSONL, "[]", 1),
        (Format.JSONL, '{"key": "a", "size": -1}', 1),
        (Format.JSONL, '{"key": "\\ud800"}', 1),
        (Format.INVENTORY, '"lake","a"\n"other","b"\n', 2),
        (Format.CSV, '"' + "a" * (64 * 1024) + '"\n', 1),
    ],
)
def test_a_bad_line_is_told_by_its_number(
    format_: Format, text: Any, line: int
) -> None:
    with pytest.raises(ManifestError, match=rf"^line {line} of the manifest ") as error:
        told(text, format_)
    assert error.value.code == "manifest.invalid"


@pytest.mark.parametrize(
    ("key", "format_"),
    [
        ("a.CSV", Format.CSV),
        ("a.csv.ndjson", Format.JSONL),
        ("a.jsonl", Format.JSONL),
        ("a.txt", Format.CSV),
        ("a.csv.gz", None),
        ("csv/a", None),
    ],
)
def test_the_extension_tells_the_format(key: str, format_: Format | None) -> None:
    assert format_of(key) is format_
