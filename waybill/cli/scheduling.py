"""Options that say whose share a copy uses, how urgent it is, and when it may run."""

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from domain.scheduling.priority import MOST_URGENT
from domain.scheduling.timing import DeadlineAction
from domain.scheduling.windows import Window
from waybill.cli.selecting import ahead


def a_window(text: str) -> str:
    """As it was said, if it is one."""
    try:
        Window.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return text


@dataclass(frozen=True)
class Scheduling:
    """All of it may be left out."""

    tenant: Annotated[
        str | None, typer.Option(help="Whose share of the workers it uses.")
    ] = None
    priority: Annotated[
        int | None,
        typer.Option(help="The more the sooner; usually 3.", min=1, max=MOST_URGENT),
    ] = None
    not_before: Annotated[
        str | None,
        typer.Option("--not-before", parser=ahead, help="In 90m or 7d, or a time."),
    ] = None
    window: Annotated[
        list[str] | None,
        typer.Option("--window", parser=a_window, help="22:00-06:00 Europe/Berlin"),
    ] = None
    deadline: Annotated[
        str | None,
        typer.Option("--deadline", parser=ahead, help="In 36h, or a time."),
    ] = None
    deadline_action: Annotated[
        DeadlineAction, typer.Option(help="Of what is not done by then.")
    ] = DeadlineAction.REPORT

    def scheduling(self) -> dict[str, Any]:
        """The metadata of what was said."""
        reports = self.deadline_action is DeadlineAction.REPORT
        return {
            "tenant": self.tenant,
            "priority": self.priority,
            "notBefore": self.not_before,
            "window": self.window,
            "deadline": self.deadline,
            "deadlineAction": None if reports else self.deadline_action,
        }
