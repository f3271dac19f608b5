"""`python -m benchmarks.files [--rounds N] [--mib N] [--output FILE]`."""

import argparse
import os
import platform
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.files import servers, table
from benchmarks.files.measures import measures
from benchmarks.files.rounds import Rounds
from benchmarks.workloads import MIB

_OUTPUT = Path(__file__).parents[1] / "files.json"


def main() -> None:
    """Measure, print, write."""
    asked = _parser().parse_args()
    home = Path(tempfile.mkdtemp(prefix="waybill-bench-", dir=asked.home))
    # Readable for the user that PostgreSQL runs as when we are root.
    home.chmod(0o755)
    try:
        _measure(home, asked)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _measure(home: Path, asked: argparse.Namespace) -> None:
    with_tusd = servers.tusd_installed()
    chosen = [each for each in measures(with_tusd=with_tusd) if each.name in asked.only]
    with ExitStack() as running:
        opened = [
            servers.nginx(home / "nginx"),
            servers.waybill(home / "waybill", {}),
            *([servers.tusd(home / "tusd")] if with_tusd else []),
        ]
        stood = [running.enter_context(each) for each in opened]
        rounds = Rounds(home, {each.name: each for each in stood}, asked.mib * MIB)
        for each in chosen:
            rounds.run(each, asked.rounds)
    size = asked.mib * MIB
    lines = table.rows(rounds.results, chosen, size)
    said = (
        f"Written by `python -m benchmarks.files`: {asked.mib} MiB, {asked.rounds} "
        f"rounds, {os.cpu_count()} cores, {platform.system()} {platform.release()}. "
        "Client and servers share the cores. nginx syncs nothing to the disk; Waybill "
        "hashes every byte, and syncs before it answers."
    )
    console, shown = Console(), Table(*table.COLUMNS, title="medians over the rounds")
    for line in lines:
        shown.add_row(*line)
    console.print(shown)
    found = list(table.figures(rounds.results, chosen, size))
    table.write(found, table.markdown(lines, said), asked.output)
    console.print(f"written to {asked.output}")


def _parser() -> argparse.ArgumentParser:
    names = [each.name for each in measures(with_tusd=True)]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.files", description=__doc__
    )
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--rounds", type=int, default=5, help="of every measure")
    parser.add_argument("--mib", type=int, default=1024, help="size of the file")
    parser.add_argument("--home", type=Path, help="a directory on the disk to measure")
    parser.add_argument("--output", type=Path, default=_OUTPUT, help="the JSON file")
    return parser


if __name__ == "__main__":
    main()
