"""`waybill why`: why a flow is not done, what slowed it, what was decided."""

from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from projections.explain import Explanation, Finding
from waybill.cli.app import Api, AsJson, Flow, app, connected, console
from waybill.cli.wording import duration

AsOf = Annotated[
    str | None, typer.Option("--at", help="As of a position or time, and not now.")
]


@app.command()
def why(flow: Flow, at: AsOf = None, as_json: AsJson = False, api: Api = None) -> None:
    """Explain a flow: one sentence a line, with the position that supports it."""
    with connected(api) as client:
        found = client.why(flow, at)
    lines = [found.model_dump_json()] if as_json else _lines(found)
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _lines(found: Explanation) -> Iterator[str]:
    yield f"{found.state} at position {found.position}"
    yield from _section("Now", found.waits)
    yield from _section("What slowed it", found.slowed)
    yield from _section("What was decided", found.decisions)


def _section(title: str, findings: Iterable[Finding]) -> Iterator[str]:
    for index, each in enumerate(findings):
        if not index:
            yield f"\n{title}"
        took = "" if each.seconds is None else f" [{duration(each.seconds)}]"
        remedy = f" ({each.remedy})" if each.remedy else ""
        yield f"{each.position:>8}  {each.text}{took}{remedy}"
