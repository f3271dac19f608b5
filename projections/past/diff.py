"""What two moments of a flow differ in. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from projections.past.views import Change, Differences, FlowState

# Lists of things with a name: by that, and not by their place in the list.
_NAMES: Final = {"leases": "segment", "large": "objectId", "callbacks": "position"}
# They differ with every event, and say nothing by themselves.
_NOISE: Final = frozenset({"position", "at", "events"}) | {
    f"{part}.{name}"
    for part in ("flow", "progress")
    for name in ("position", "updatedAt", "version")
}

Fields = dict[str, Any]


def differences(
    before: FlowState, after: FlowState, topics: Mapping[str, int]
) -> Differences:
    """`topics` counts the events after the first moment, up to the second."""
    was, is_ = before.model_dump(mode="json"), after.model_dump(mode="json")
    found = [each for each in _changes("", was, is_) if each.path not in _NOISE]
    return Differences(
        data_flow_id=after.data_flow_id,
        before_position=before.position,
        before_at=before.at,
        after_position=after.position,
        after_at=after.at,
        seconds=(after.at - before.at).total_seconds(),
        events=dict(sorted(Counter(topics).items())),
        changes=tuple(found),
    )


def _changes(path: str, was: object, is_: object) -> Iterator[Change]:
    """What is only on one side is one change, with all of it."""
    if path in _NAMES:
        was, is_ = _by_name(path, was), _by_name(path, is_)
    if isinstance(was, dict) and isinstance(is_, dict):
        mine, theirs = cast("Fields", was), cast("Fields", is_)
        for name in [*theirs, *(each for each in mine if each not in theirs)]:
            below = f"{path}[{name}]" if path in _NAMES else f"{path}.{name}"
            yield from _changes(
                below.removeprefix("."), mine.get(name), theirs.get(name)
            )
    elif was != is_:
        yield Change(path=path, before=was, after=is_)


def _by_name(path: str, listed: object) -> Fields:
    return {str(each[_NAMES[path]]): each for each in cast("list[Fields]", listed)}
