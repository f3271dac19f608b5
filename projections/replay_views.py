"""What a replay of the log finds, as it is shown."""

from typing import Any

from projections.views import View


class Difference(View):
    """A row of a live table that is not as the log makes it.

    `live` and `log` hold the `columns` that differ. Where no column is named, the row
    is in one of them only, and the other is null.
    """

    table: str
    key: dict[str, Any]
    columns: tuple[str, ...]
    live: dict[str, Any] | None
    log: dict[str, Any] | None


class Compared(View):
    """A table was compared: so many rows the log makes of it, up to a position."""

    read_model: str
    table: str
    position: int
    rows: int
    different: int
