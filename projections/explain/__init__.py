"""Why is a flow not done, what slowed it, what was decided? From its events alone.

What it does: `Notes.add` takes the flow's events one after the other, `explain` makes
findings of them: each one sentence, with the position of the event that supports it.

How: pure. What is of no flow (limits, what endpoints can) comes as events of their own
streams (`Beside`), the time from outside. Nothing is read from logs or from workers:
what is not an event is not known here.

What to know: a flow's events do not tell how many places other flows use. That
segments wait for a worker is seen from their journals; whose turn it is, is not.
"""

from datetime import datetime

from projections.explain.beside import Beside, learnt, limits_in_force
from projections.explain.decisions import decisions
from projections.explain.notes import Notes
from projections.explain.sentences import finding
from projections.explain.slowed import slowed
from projections.explain.views import Explanation, Finding
from projections.explain.waits import waits

__all__ = ["Beside", "Explanation", "Finding", "Notes", "explain"]


def explain(notes: Notes, beside: Beside, now: datetime) -> Explanation | None:
    """All findings at a time; None where there is no flow yet."""
    past = notes.past
    if past.status is None or past.at is None:
        return None
    found = waits(notes, now)
    if not found:
        text = "All that was planned has its outcome; the rest follows by itself."
        found = [finding("ending", text, notes.latest)]
    if not past.flow.final:
        found += limits_in_force(past.flow, beside, now)
    decided = [*decisions(notes), *learnt(beside)]
    return Explanation(
        data_flow_id=past.data_flow_id,
        position=past.position,
        at=past.at,
        state=past.flow.state,
        answer=found[0],
        waits=tuple(found),
        slowed=tuple(slowed(notes, now)),
        decisions=tuple(sorted(decided, key=lambda each: each.position)),
    )
