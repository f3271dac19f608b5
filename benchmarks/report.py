"""The figures, printed and kept."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.figures import PEERS, Figure

_DIGITS = 4


def write(figures: Sequence[Figure], file: Path) -> None:
    """As JSON: a list of name, value, unit and peer."""
    rows = [{**asdict(each), "value": round(each.value, _DIGITS)} for each in figures]
    file.write_text(json.dumps(rows, indent=2) + "\n")


def show(figures: Sequence[Figure], console: Console) -> None:
    """As a table: what is compared in one line, then what is not."""
    by_name = {each.name: each for each in figures}
    compared = [e for e in figures if f"{e.name}_{PEERS[0]}" in by_name]
    table = Table("", "waybill", *PEERS, "unit", title="medians over the rounds")
    for each in compared:
        peers = [by_name[f"{each.name}_{peer}"].value for peer in PEERS]
        table.add_row(each.name, *map(_number, [each.value, *peers]), each.unit)
    console.print(table)
    shown = {e.name for e in compared} | {
        f"{e.name}_{peer}" for e in compared for peer in PEERS
    }
    rest = Table("", "", "unit", "against")
    for each in figures:
        if each.name not in shown:
            rest.add_row(each.name, _number(each.value), each.unit, each.peer or "")
    console.print(rest)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
