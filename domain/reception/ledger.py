"""The uploads of a flow that were ever planned, in their order."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.reception.events import UploadPlanned


@dataclass(frozen=True)
class Ledger:
    """By upload id. What became of each, its own stream tells."""

    planned: Mapping[str, UploadPlanned] = field(
        default_factory=dict[str, UploadPlanned]
    )

    def of_key(self, key: str) -> tuple[UploadPlanned, ...]:
        """Those of exactly this key, oldest first."""
        return tuple(each for each in self.planned.values() if each.key == key)


EMPTY = Ledger()


def enter(ledger: Ledger, *lines: UploadPlanned) -> Ledger:
    """The ledger with these lines at its end."""
    new = {line.upload_id: line for line in lines}
    return Ledger({**ledger.planned, **new})
