"""The figures, printed and kept."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure

_DIGITS = 4
_PEERS = ("rclone", "s5cmd", "bare")
# What this program measures; whatever else is in the file is somebody else's.
_OWNED = frozenset(
    {
        *("stream", "server_side", "small", "relay"),
        *("durability", "memory", "workers", "conditions"),
    }
)


def write(figures: Sequence[Figure], file: Path, *, whole: bool) -> None:
    """As JSON: a list of name, value, unit and peer.

    A `whole` run leaves none of our older figures; another one, those it has not made.
    """
    rows = [{**asdict(each), "value": round(each.value, _DIGITS)} for each in figures]
    made = {each["name"] for each in rows}
    kept = [
        each
        for each in _older(file)
        if each["name"] not in made
        and not (whole and each["name"].partition(".")[0] in _OWNED)
    ]
    file.write_text(json.dumps([*rows, *kept], indent=2) + "\n")


def show(figures: Sequence[Figure], console: Console) -> None:
    """As a table: what is compared in one line, then what is not."""
    by_name = {each.name: each for each in figures}
    compared = {
        each.name: [by_name.get(f"{each.name}_{peer}") for peer in _PEERS]
        for each in figures
    }
    table = Table("", "waybill", *_PEERS, "unit", title="medians over the rounds")
    shown: set[str] = set()
    for name, peers in compared.items():
        if any(peers):
            figure = by_name[name]
            shown |= {name, *(each.name for each in peers if each)}
            values = [_number(each.value) if each else "" for each in peers]
            table.add_row(name, _number(figure.value), *values, figure.unit)
    console.print(table)
    rest = Table("", "", "unit", "against")
    for each in figures:
        if each.name not in shown:
            rest.add_row(each.name, _number(each.value), each.unit, each.peer or "")
    console.print(rest)


def _older(file: Path) -> list[dict[str, Any]]:
    return json.loads(file.read_text()) if file.exists() else []


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
