"""The command line: `waybill`. Exit codes: 0 done, 1 failed, 2 usage, 3 no gateway."""

from waybill.cli import (
    archive,
    audit,
    copy,
    endpoints,
    flows,
    history,
    limits,
    moved,
    past,
    plan,
    projections,
    proof,
    receipts,
    reconcile,
    report,
    running,
    why,
)
from waybill.cli.app import app

__all__ = [
    "app",
    "archive",
    "audit",
    "copy",
    "endpoints",
    "flows",
    "history",
    "limits",
    "moved",
    "past",
    "plan",
    "projections",
    "proof",
    "receipts",
    "reconcile",
    "report",
    "running",
    "why",
]
