"""The boundary of policy: who decides whether data may move, and who enforces it.

The control plane decides. It negotiated the agreement, it knows the claims, and it
calls us only when the transfer is allowed; this plane does what it was told, records
under which agreement, and stops at once when told. Where an operator must be able to
say no in the data plane as well (an export list, a maintenance window, a quota), a
`PolicyCheck` is asked before a flow begins. It can refuse; it cannot allow what the
control plane has not asked for. See docs/policy.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from domain.data_flow.terms import Terms
from domain.location import Direction, Location, Role


@dataclass(frozen=True)
class Question:
    """What is about to begin. `agreement` is there only where it is fetched."""

    data_flow_id: str
    role: Role
    direction: Direction
    terms: Terms
    source: Location | None
    destination: Location | None
    agreement: Mapping[str, Any] | None


class PolicyCheck(Protocol):
    """Found by entry point (group `waybill.policies`); all of them must agree."""

    async def refusal(self, question: Question) -> str | None:
        """Why this flow may not begin, for the control plane to read; None: it may.

        Raising means that the answer is not known yet: it is asked again later.
        """
        ...
