"""Receipts in files: read for whoever checks or compares them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import typer
from pydantic import ValidationError

from domain.notary.statements import KeyStatement
from domain.receipts import ReceiptFile, ReceiptLine
from waybill.cli.app import USAGE, errors

_KEY_ID: Final = re.compile(r"[0-9a-f]{64}")


def objects_beside(file: Path) -> Path:
    """Where the objects of a large receipt are: `r.json` has `r.json.objects.jsonl`."""
    return file.with_name(f"{file.name}.objects.jsonl")


def read_receipt(file: Path) -> ReceiptFile:
    """The receipt of a file; what is none ends the command."""
    try:
        return ReceiptFile.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        errors.print(f"{file} is not a receipt", markup=False, highlight=False)
        raise typer.Exit(USAGE) from None


def read_lines(file: Path, found: ReceiptFile) -> Iterator[bytes] | None:
    """The lines beside a receipt, where they are; None where it has its own."""
    beside = objects_beside(file)
    if found.objects is not None or not beside.exists():
        return None
    return _lines(beside)


def objects_of(file: Path, found: ReceiptFile) -> tuple[ReceiptLine, ...]:
    """The objects of a receipt, wherever they are. Raises ValueError."""
    lines = read_lines(file, found)
    if lines is None:
        return found.lines()
    return tuple(ReceiptLine.model_validate_json(each) for each in lines)


def trusted(file: Path | None) -> frozenset[str]:
    """Key ids of a file: one a line, or those of a document of key statements."""
    if file is None:
        return frozenset()
    try:
        found = frozenset(_key_ids(file.read_text("utf-8")))
    except (OSError, ValueError):
        found = frozenset()
    if not found:
        errors.print(f"{file} names no key", markup=False, highlight=False)
        raise typer.Exit(USAGE)
    return found


def _key_ids(text: str) -> Iterator[str]:
    if not text.lstrip().startswith(("{", "[")):
        yield from (each for each in text.split() if _KEY_ID.fullmatch(each))
        return
    document: Any = json.loads(text)
    listed = document.get("keys", ()) if isinstance(document, dict) else document
    for each in cast("list[dict[str, Any]]", listed):
        key = KeyStatement.read(str(each.get("statement", "")).encode())
        if key is not None:
            yield key.new_key


def _lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as lines:
        for line in lines:
            yield line.rstrip(b"\n")
