"""`waybill receipt`: get the receipt of a completed flow, and check one."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from domain.receipts import ReceiptFile, ReceiptStatement
from domain.receipts.file import problems
from projections.notary.keys import verify_with
from waybill.cli.app import FAILED, Api, Flow, app, connected, console, errors
from waybill.cli.receipt_files import objects_beside, read_lines, read_receipt, trusted
from waybill.cli.wording import size
from waybill.client import Client


class _OrShow(TyperGroup):
    """`waybill receipt FLOW` is `waybill receipt show FLOW`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """Put the command in front, where there is none."""
        if args and args[0] not in {*self.commands, "--help"}:
            args = ["show", *args]
        return super().parse_args(ctx, args)


receipt = typer.Typer(
    cls=_OrShow, help="Get the receipt of a completed flow (FLOW), or check one."
)
app.add_typer(receipt, name="receipt")

Out = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="A file; - is the standard output."),
]
File = Annotated[Path, typer.Argument(help="A receipt, as `-o` has written it.")]
Keys = Annotated[
    Path | None,
    typer.Option(
        help="Key ids that you trust, one a line, or a keys document got elsewhere."
    ),
]
_STANDARD = Path("-")


@receipt.command()
def show(flow: Flow, output: Out = None, api: Api = None) -> None:
    """Show a receipt; or write it, with its objects, for others to check."""
    with connected(api) as client:
        file = client.receipt(flow)
        if output is not None:
            _write(client, flow, file, output)
    shown = console if output is None else errors
    for line in _lines(file.statement()):
        shown.print(line, markup=False, highlight=False, soft_wrap=True)


@receipt.command()
def verify(file: File, keys: Keys = None) -> None:
    """Check a receipt without any server: its signature, its keys, its objects."""
    found = read_receipt(file)
    known = trusted(keys)
    wrong = problems(found, verify_with, known, read_lines(file, found))
    for each in wrong:
        errors.print(f"wrong: {each}", markup=False, highlight=False)
    if wrong:
        raise typer.Exit(FAILED)
    said = found.statement()
    whole = found.objects is not None or objects_beside(file).exists()
    what = f"with its {said.lines} objects" if whole else "without its objects"
    console.print(f"signed, {what}, by the key", highlight=False)
    console.print(said.key, highlight=False)
    if not known:
        console.print("Whose key that is, ask its owner: --keys names those you trust.")


def _write(client: Client, flow: str, file: ReceiptFile, output: Path) -> None:
    text = file.model_dump_json(indent=1) + "\n"
    if output == _STANDARD:
        sys.stdout.write(text)
        return
    if file.objects is None:
        # Beside it, and first: a receipt that is there is whole.
        with objects_beside(output).open("wb") as lines:
            for piece in client.receipt_objects(flow):
                lines.write(piece)
    output.write_text(text, "utf-8")


def _lines(said: ReceiptStatement) -> list[str]:
    verdicts = [f"{count} {name}" for name, count in sorted(said.verdicts.items())]
    counts = [f"{said.objects} objects ({size(said.size_bytes)})"]
    counts += [f"{said.failed} failed"] * bool(said.failed)
    counts += [f"{said.deleted} deleted"] * bool(said.deleted)
    return [
        f"{'data flow':14} {said.data_flow_id} ({said.role}, {said.direction})",
        f"{'agreement':14} {said.agreement_id or '-'}",
        f"{'participant':14} {said.participant_id or '-'}",
        f"{'counter party':14} {said.counter_party_id or '-'}",
        (
            f"{'time':14} {said.begun_at:%Y-%m-%d %H:%M:%S} to"
            f" {said.completed_at:%Y-%m-%d %H:%M:%S} UTC"
        ),
        f"{'objects':14} {', '.join(counts + verdicts)}",
        f"{'rests on':14} {said.events} events, positions {said.first} to {said.last}",
        f"{'digest':14} {said.digest}",
        f"{'key':14} {said.key}",
    ]
