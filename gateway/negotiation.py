"""Which form of an answer is wanted: the header Accept (RFC 9110)."""

from collections.abc import Sequence


def preferred(accept: str, offered: Sequence[str]) -> str:
    """The media type to answer with; the first where none is named.

    What is not offered at all is answered with the first as well: a reader that says
    nothing useful still gets something.
    """
    wishes = [_wish(each) for each in accept.split(",") if each.strip()]
    named = [(quality, kind) for kind, quality in wishes if kind in offered and quality]
    if not named:
        return offered[0]
    best = max(quality for quality, _ in named)
    return next(kind for quality, kind in named if quality == best)


def _wish(text: str) -> tuple[str, float]:
    kind, *parameters = (part.strip() for part in text.split(";"))
    for each in parameters:
        name, _, value = each.partition("=")
        if name.strip().lower() == "q":
            return kind.lower(), _number(value)
    return kind.lower(), 1.0


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
