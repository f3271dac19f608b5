"""An export of one flow of the sealed log, and the two verifiers."""

import importlib.util
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

from domain.notary import export_lines
from domain.notary.encoding import entries
from domain.notary.export import ExportCheck
from domain.notary.statements import ExportStatement, digest_of, positions_text
from domain.notary.verdict import Verdict
from domain.receipts.statement import Leaves, canonical
from projections.notary.keys import Signer, verify_with
from tests.domain.sealed_log import NOW, SIGNER, event, sealed_log, statement

FLOW = "flow-1"
FILE = Path(__file__).parents[2] / "examples" / "verify_export.py"

_verified = cache(verify_with)


@cache
def small_verifier() -> ModuleType:
    """The verifier that others copy; it remembers signatures, which are slow."""
    spec = importlib.util.spec_from_file_location("verify_export", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.signed_by = cache(module.signed_by)  # type: ignore[attr-defined]
    return module


def receipt_of(signer: Signer = SIGNER, **changes: object) -> dict[str, Any]:
    """The flow's receipt of two objects, signed."""
    objects = [{"key": "a"}, {"key": "b"}]
    leaves = Leaves()
    for each in objects:
        leaves.add(canonical(each))
    usual = {
        "kind": "waybill.receipt.v1",
        "key": signer.key_id,
        "data_flow_id": FLOW,
        "lines": len(leaves),
        "digest": leaves.digest(),
    }
    receipt = {**usual, **changes}
    return {
        "format": "waybill.receipt-file.v1",
        "receipt": receipt,
        "signature": b64encode(signer.sign(canonical(receipt)).value).decode(),
        "keys": [],
        "objects": objects,
    }


@cache
def export_of_some() -> tuple[bytes, ...]:
    """The lines: some events of two pages, and three that are not sealed."""
    log = sealed_log()
    seals = log.seals[:2]
    last = statement(seals[-1]).last
    chosen = [log.events[each] for each in sorted(log.events) if each <= last][::20]
    chosen += [event(9000 + number, last + 10 + number) for number in range(3)]
    receipt = receipt_of()
    said = ExportStatement(
        key=SIGNER.key_id,
        at=NOW,
        data_flow_id=FLOW,
        positions=positions_text(each.position for each in chosen),
        events=sha256(entries(chosen)).hexdigest(),
        first_seal=1,
        after=0,
        seals=2,
        last_seal=digest_of(seals[-1].statement),
        receipt=export_lines.receipt_digest(receipt),
    ).to_bytes()
    return (
        export_lines.opening(FLOW),
        *map(export_lines.key_line, log.keys),
        *(export_lines.seal_line(each, with_entries=True) for each in seals),
        *map(export_lines.event_line, chosen),
        export_lines.receipt_line(receipt),
        export_lines.closing(said, SIGNER.sign(said).value),
    )


def checked(lines: Sequence[bytes], *trusted: str) -> Verdict:
    """What ours says of an export."""
    check = ExportCheck(_verified, trusted)
    for line in lines:
        check.line(line)
    return check.verdict()


def small(lines: Sequence[bytes], *trusted: str) -> tuple[int, str] | None:
    """What the small one says: the first bad position, and what is wrong there."""
    export = small_verifier().Export(trusted)
    for line in lines:
        export.line(line)
    found = export.finding()
    return found and (found[0], found[1])


def agreed(lines: Sequence[bytes], *trusted: str) -> tuple[int, str] | None:
    """What both say."""
    finding = checked(lines, *trusted).finding
    ours = (finding.position, str(finding.wrong)) if finding else None
    assert small(lines, *trusted) == ours, finding
    return ours
