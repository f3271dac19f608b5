"""`waybill reconcile`: what the receipts of the two sides contradict each other in."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from domain.receipts import Difference, problems, reconcile
from domain.receipts.reconcile import Side
from projections.notary.keys import verify_with
from waybill.cli.app import FAILED, USAGE, AsJson, app, console, errors
from waybill.cli.receipt_files import objects_of, read_lines, read_receipt, trusted

One = Annotated[Path, typer.Argument(help="The receipt of one side.")]
Other = Annotated[Path, typer.Argument(help="That of the other.")]
Keys = Annotated[Path | None, typer.Option(help="Key ids of both that you trust.")]


@app.command("reconcile")
def compare(one: One, other: Other, keys: Keys = None, as_json: AsJson = False) -> None:
    """Compare two receipts of one process; exit with 1 where they contradict.

    Both are checked first, as `waybill receipt verify` does.
    """
    known = trusted(keys)
    mine, theirs = (_side(file, known) for file in (one, other))
    found = reconcile(mine, theirs)
    if as_json:
        for each in found:
            console.print_json(data=vars(each), indent=None)
    elif found:
        console.print(_table(found))
    for said, lines in (mine, theirs):
        if said.moved and len(lines) != said.lines:
            errors.print(f"the objects of {said.role} are not there: totals only")
    if found:
        raise typer.Exit(FAILED)
    if not as_json:
        both = [f"{said.objects} objects" for said, _ in (mine, theirs) if said.moved]
        console.print(
            f"they agree ({', '.join(both) or 'no objects'})", highlight=False
        )


def _side(file: Path, known: frozenset[str]) -> Side:
    found = read_receipt(file)
    wrong = problems(found, verify_with, known, read_lines(file, found))
    for each in wrong:
        errors.print(f"{file}: {each}", markup=False, highlight=False)
    if wrong:
        raise typer.Exit(USAGE)
    return found.statement(), objects_of(file, found)


def _table(found: list[Difference]) -> Table:
    table = Table("what", "object", "one", "other", box=None)
    for each in found:
        table.add_row(*map(_plain, (each.what, each.key, each.one, each.other)))
    return table


def _plain(text: str) -> str:
    # A key may hold anything, also what the table takes for colours.
    return text.replace("[", r"\[")
