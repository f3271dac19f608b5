"""What the commands handler must know of tasks: WAYBILL_TASK_…."""

import re
from datetime import UTC, timedelta, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.limits.terms import TimeZone
from domain.task.messages import SERVICE_PATTERN
from domain.task.state import SYNC
from handlers.settings import WordList


def _services(names: tuple[str, ...]) -> tuple[str, ...]:
    if not all(re.fullmatch(SERVICE_PATTERN, each) for each in names):
        msg = "services are lower-case letters, digits, hyphens and underscores"
        raise ValueError(msg)
    return names


class TaskSettings(BaseSettings):
    """Read once, at the start of the process."""

    model_config = SettingsConfigDict(
        env_prefix="WAYBILL_",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    task_services: Annotated[WordList, AfterValidator(_services)] = ()
    """Services besides `sync` that tasks may be submitted to, as a comma list; they are
    carried out elsewhere, by whoever hears of their tasks."""
    task_credentials: WordList = ()
    """Which of WAYBILL_CREDENTIALS_FILE a user's task may name, as a comma list of
    `name` (everybody's) or `name:user`. In development: all of them."""
    task_timezone: TimeZone = "UTC"
    """By whose clock the lines of a task's log are stamped: an IANA name."""
    task_log_entries: int = Field(default=20, ge=0, le=1000)
    """How many of the latest lines a task's status has."""
    task_ttl_seconds: float = Field(default=90 * 24 * 3600, gt=0)
    """How long a task is shown after it was over. The event log keeps its history."""

    def known(self, service: str) -> bool:
        """Whether tasks may be submitted to it."""
        return service == SYNC or service in self.task_services

    def lends(self, credentials: str, user_id: str) -> bool:
        """Whether a user's task may use what the operator has given this name."""
        named = (credentials, f"{credentials}:{user_id}")
        return any(each in self.task_credentials for each in named)

    @property
    def zone(self) -> tzinfo:
        """The clock."""
        # Without a database of zones there is still this one.
        return UTC if self.task_timezone == "UTC" else ZoneInfo(self.task_timezone)

    @property
    def shown_for(self) -> timedelta:
        """`task_ttl_seconds`."""
        return timedelta(seconds=self.task_ttl_seconds)
