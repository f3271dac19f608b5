"""The command line: `waybill`. Exit codes: 0 done, 1 failed, 2 usage, 3 no gateway."""

from waybill.cli import (
    copy,
    endpoints,
    flows,
    history,
    limits,
    plan,
    projections,
    report,
    running,
)
from waybill.cli.app import app

__all__ = [
    "app",
    "copy",
    "endpoints",
    "flows",
    "history",
    "limits",
    "plan",
    "projections",
    "report",
    "running",
]
