"""`waybill history`: every event of a flow, as it is stored."""

from waybill.cli.app import Api, AsJson, Flow, app, connected, console
from waybill.cli.wording import line


@app.command()
def history(flow: Flow, as_json: AsJson = False, api: Api = None) -> None:
    """Print a flow's history, oldest first."""
    with connected(api) as client:
        for event in client.history(flow):
            text = event.model_dump_json() if as_json else line(event)
            console.print(text, markup=False, highlight=False, soft_wrap=True)
