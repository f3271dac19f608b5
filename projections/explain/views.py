"""Why a flow is not done, what slowed it, what was decided: as it is shown."""

from projections.views import Moment, View


class Finding(View):
    """One sentence, and the event that supports it, by its position.

    `kind` is a word for machines. `since` and `until` are the time that it is about,
    `seconds` how long it lasted so far; `until` is null for what still lasts. `count`
    is how many events say the same. `code` is of the error catalogue, `remedy` what it
    says that may be done.
    """

    kind: str
    text: str
    position: int
    since: Moment | None = None
    until: Moment | None = None
    seconds: float | None = None
    count: int = 1
    code: str | None = None
    remedy: str | None = None


class Explanation(View):
    """As of `position`. `answer` says why it is not done, or that it is.

    `waits` is all that it waits for now, the answer first; `slowed` and `decisions`
    are in the order of the log.
    """

    data_flow_id: str
    position: int
    at: Moment
    state: str
    answer: Finding
    waits: tuple[Finding, ...]
    slowed: tuple[Finding, ...]
    decisions: tuple[Finding, ...]
