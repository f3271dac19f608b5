"""The results as a table, and as figures that are kept."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure
from benchmarks.files.measures import Measure
from benchmarks.files.rounds import Results, Took
from benchmarks.samples import GIB

COLUMNS = (
    "",
    "",
    "MB/s",
    "x first",
    "server CPU-s/GiB",
    "with its records",
    "client CPU-s/GiB",
)
_DIGITS = 4


def rows(
    results: Results, measures: Sequence[Measure], size_bytes: int
) -> list[list[str]]:
    """A line for each measure and contender: medians, and the range of the rates."""
    gib = size_bytes / GIB
    found: list[list[str]] = []
    for measure in measures:
        for name in measure.contenders:
            took = results.get((measure.name, name), [])
            if not took:
                continue
            rates = [size_bytes / 1e6 / each.seconds for each in took]
            spread = f"{median(rates):,.0f} [{min(rates):,.0f} to {max(rates):,.0f}]"
            costs = (
                median(each.server / gib for each in took),
                median((each.server + each.records) / gib for each in took),
                median(each.client / gib for each in took),
            )
            ratio = f"{_ratio(results, measure, name):.2f}"
            told = [f"{each:.2f}" for each in costs]
            found.append([measure.name, name, spread, ratio, *told])
    return found


def markdown(lines: Sequence[Sequence[str]], said: str) -> str:
    """The page."""
    table = [COLUMNS, ["---"] * len(COLUMNS), *lines]
    text = "\n".join(f"| {' | '.join(line)} |" for line in table)
    return f"# The file server beside nginx and tusd\n\n{said}\n\n{text}\n"


def figures(
    results: Results, measures: Sequence[Measure], size_bytes: int
) -> Iterator[Figure]:
    """Each rate and cost by a stable name, and the ratios of the pairs."""
    gib = size_bytes / GIB
    for measure in measures:
        first = next(iter(measure.contenders))
        for name in measure.contenders:
            took = results.get((measure.name, name), [])
            if not took:
                continue
            prefix = f"files.{measure.name}.{name.replace(', ', '_')}"
            rate = median(size_bytes / 1e6 / each.seconds for each in took)
            yield Figure(f"{prefix}.throughput", rate, "MB/s")
            cost = median(each.server / gib for each in took)
            yield Figure(f"{prefix}.cpu_per_gib", cost, "s/GiB")
            if name != first:
                ratio = _ratio(results, measure, name)
                yield Figure(f"{prefix}.throughput_vs_{first}", ratio, "x", first)


def write(found: Sequence[Figure], page: str, output: Path) -> None:
    """The figures as JSON, the page beside them."""
    lines = [{**asdict(each), "value": round(each.value, _DIGITS)} for each in found]
    output.write_text(json.dumps(lines, indent=2) + "\n")
    output.with_suffix(".md").write_text(page)


def _ratio(results: Results, measure: Measure, name: str) -> float:
    """How many times as fast as the first: the median over the rounds."""
    first = next(iter(measure.contenders))
    pairs: zip[tuple[Took, Took]] = zip(
        results[measure.name, first], results[measure.name, name], strict=False
    )
    return median(theirs.seconds / ours.seconds for theirs, ours in pairs)
