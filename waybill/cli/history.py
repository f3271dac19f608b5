"""`waybill history`: every event of a flow, as it is stored."""

from typing import Annotated

import typer

from waybill.cli.app import Api, AsJson, Flow, app, connected, console
from waybill.cli.wording import cause, line

Topics = Annotated[
    list[str] | None,
    typer.Option("--topic", help="Only these, as segment.leased; may be repeated."),
]
Kinds = Annotated[
    list[str] | None,
    typer.Option("--kind", help="Only these streams, as segment; may be repeated."),
]
Actor = Annotated[
    str | None, typer.Option(help="Only by this actor; may end in a star.")
]
Since = Annotated[str | None, typer.Option(help="Recorded then or later (ISO 8601).")]
Until = Annotated[str | None, typer.Option(help="Recorded before then.")]
After = Annotated[int | None, typer.Option(help="Only behind this position.")]
To = Annotated[int | None, typer.Option(help="Only up to this position.")]
Long = Annotated[
    bool, typer.Option("--long", "-l", help="Also when, by whom and because of what.")
]


@app.command()
def history(  # noqa: PLR0917 (one per option)
    flow: Flow,
    topic: Topics = None,
    kind: Kinds = None,
    actor: Actor = None,
    since: Since = None,
    until: Until = None,
    after: After = None,
    to: To = None,
    long: Long = False,
    as_json: AsJson = False,
    api: Api = None,
) -> None:
    """Print a flow's history, oldest first."""
    chosen = {"topic": topic, "kind": kind, "actor": actor, "since": since}
    with connected(api) as client:
        for event in client.history(flow, **chosen, until=until, after=after, to=to):
            text = event.model_dump_json() if as_json else line(event)
            if long and not as_json:
                text = f"{text}\n{cause(event)}"
            console.print(text, markup=False, highlight=False, soft_wrap=True)
