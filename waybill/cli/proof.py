"""`waybill verify`, `export` and `notary`: is the log as it was signed?"""

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import psycopg
import typer

from domain.errors import DataPlaneError
from domain.notary.export import ExportCheck
from domain.notary.verdict import Verdict
from projections.notary.keys import Signer, verify_with
from projections.notary.rotation import rotate
from projections.notary.verifying import Trust
from projections.notary.whole import verify_log
from projections.settings import Settings
from waybill.cli.app import FAILED, USAGE, Api, Flow, app, connected, console, errors
from waybill.cli.output_files import whole
from waybill.cli.receipt_files import trusted

Keys = Annotated[
    list[str] | None,
    typer.Option("--key", help="A key id that you trust; may be repeated."),
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--keys", help="Key ids that you trust, one a line, or a keys document."
    ),
]
Target = Annotated[
    str | None, typer.Argument(metavar="[FLOW]", help="None means the whole log.")
]
File = Annotated[
    Path | None, typer.Option("--file", help="Check this export; nothing is asked.")
]
Out = Annotated[
    Path, typer.Option("-o", "--output", help="A file; - is the standard output.")
]
AsJson = Annotated[bool, typer.Option("--json", help="The verdict as JSON.")]
NoWitness = Annotated[
    bool, typer.Option("--no-witness", help="Ask the database alone, not the broker.")
]

notary = typer.Typer(help="The keys that seal the log.", no_args_is_help=True)
app.add_typer(notary, name="notary")


@app.command()
def verify(
    flow: Target = None,
    *,
    file: File = None,
    key: Keys = None,
    keys: KeyFile = None,
    no_witness: NoWitness = False,
    as_json: AsJson = False,
    api: Api = None,
) -> None:
    """Check a log, a flow or an export against what the notary has signed.

    Ends with 1 where something is not as it was signed. The whole log is read from the
    database itself, and the witness from the broker; a flow comes from the gateway, as
    an export, and is checked here.
    """
    known = {*(key or ()), *trusted(keys)}
    if file is not None:
        verdict = _of_file(file, known)
    elif flow is not None:
        with connected(api) as client:
            verdict = _checked(client.export(flow), known)
    else:
        verdict = _of_log(known, no_witness=no_witness)
        if verdict.witness is None and not no_witness:
            errors.print("the witness was not asked: no broker, or no stream there")
    text = verdict.model_dump_json() if as_json else "\n".join(_lines(verdict))
    console.print(text, markup=False, highlight=False, soft_wrap=True)
    if not verdict.sound or verdict.unwitnessed:
        raise typer.Exit(FAILED)


@app.command()
def export(flow: Flow, output: Out = Path("-"), api: Api = None) -> None:
    """Write a flow's events with their proof, for others to check without us."""
    with connected(api) as client:
        lines = client.export(flow)
        if output == Path("-"):
            for line in lines:
                sys.stdout.buffer.write(line)
            return
        with whole(output) as file:
            file.writelines(lines)


@notary.command("rotate")
def rotate_command() -> None:
    """Make a new key, introduced by the old one, and destroy the old one.

    Where several machines hold the key file, give them the new one at once.
    """
    settings = Settings()
    if settings.notary_key_file is None:
        errors.print("WAYBILL_NOTARY_KEY_FILE names no file", highlight=False)
        raise typer.Exit(USAGE)
    try:
        made = asyncio.run(rotate(settings.database_url, settings.notary_key_file))
    except (DataPlaneError, OSError, ValueError, psycopg.Error) as error:
        errors.print(f"{error}", markup=False, highlight=False)
        raise typer.Exit(FAILED) from None
    console.print(f"{made.new_key} signs from seal {made.from_seal} on")


@notary.command("keys")
def keys_command(api: Api = None) -> None:
    """Print the public keys as a document, for whoever checks our signatures."""
    with connected(api) as client:
        console.print(client.keys().decode(), markup=False, soft_wrap=True)


def _of_file(file: Path, known: Iterable[str]) -> Verdict:
    try:
        with file.open("rb") as lines:
            return _checked(lines, known)
    except OSError as error:
        errors.print(f"{error}", markup=False, highlight=False)
        raise typer.Exit(USAGE) from None


def _checked(lines: Iterable[bytes], known: Iterable[str]) -> Verdict:
    check = ExportCheck(verify_with, frozenset(known))
    for line in lines:
        check.line(line)
    return check.verdict()


def _of_log(known: set[str], *, no_witness: bool) -> Verdict:
    settings = Settings()
    if not known and settings.notary_key_file and settings.notary_key_file.exists():
        known = {Signer.from_file(settings.notary_key_file).key_id}
    nats_url = None if no_witness else settings.nats_url
    try:
        return asyncio.run(verify_log(settings.database_url, nats_url, Trust(known)))
    except psycopg.Error as error:
        errors.print(f"the log cannot be read: {error}", markup=False)
        raise typer.Exit(FAILED) from None


def _lines(verdict: Verdict) -> Iterable[str]:
    if finding := verdict.finding:
        where = f"position {finding.position}"
        if finding.until > finding.position:
            where = f"a position from {finding.position} to {finding.until}"
        yield f"NOT as it was signed: {finding.wrong} at {where}"
        yield f"{finding.detail} (seal {finding.seal})"
    else:
        yield f"as it was signed: {verdict.events} events, {verdict.seals} seals"
    if verdict.archived:
        yield f"{verdict.archived} sealed events are in archives"
    if verdict.unsealed:
        yield f"{verdict.unsealed} events are not sealed (yet)"
    if verdict.witness is not None:
        yield f"witness: told of {verdict.witness} pages"
    if verdict.unwitnessed:
        yield f"the witness was NOT told of {verdict.unwitnessed} pages"
    if verdict.key:
        known = "trusted" if verdict.trusted else "NOT compared with one that you trust"
        yield f"key {verdict.key}: {known}"
