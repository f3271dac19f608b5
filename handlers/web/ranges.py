"""Conditions and ranges of a request (RFC 9110, sections 13 and 14)."""

import re
from collections.abc import Mapping
from http import HTTPStatus

from handlers.objects import ObjectInfo, Range
from handlers.web.problems import RefusedError

_TAG = re.compile(r'(?:W/)?"[^"]*"')
# What no size has so many digits as is not valid.
_SPAN = re.compile(r"([0-9]{0,99})-([0-9]{0,99})")


def quoted(etag: str) -> str:
    """As the wire spells it; a weak one keeps its mark."""
    return etag if etag.startswith("W/") else f'"{etag}"'


def failed_condition(
    headers: Mapping[str, str], found: ObjectInfo | None, *, reading: bool
) -> HTTPStatus | None:
    """412 or 304 where a condition says so; `found` is None where nothing stands.

    Dates are not compared: no object here has one, so the headers are to be ignored.
    """
    wanted = headers.get("If-Match")
    if wanted is not None and not _has(wanted, found, weak=False):
        return HTTPStatus.PRECONDITION_FAILED
    unwanted = headers.get("If-None-Match")
    if unwanted is not None and _has(unwanted, found, weak=True):
        return HTTPStatus.NOT_MODIFIED if reading else HTTPStatus.PRECONDITION_FAILED
    return None


def asked_range(headers: Mapping[str, str], found: ObjectInfo) -> Range | None:
    """The one range that is asked for; None: all of it, also for what is not valid.

    Several ranges are answered with the whole object, as a server may. Raises
    RefusedError (416) where the range begins behind the end.
    """
    header = headers.get("Range")
    if header is None or not found.ranges:
        return None
    condition = headers.get("If-Range")
    if condition is not None and not _has(condition, found, weak=False):
        return None
    unit, equals, spans = header.partition("=")
    span = _SPAN.fullmatch(spans.strip())
    if unit.strip().lower() != "bytes" or not equals or span is None:
        return None
    return _resolved(span[1], span[2], found.size_bytes)


def _resolved(first: str, last: str, size: int) -> Range | None:
    if not first:
        return _suffix(last, size)
    begin, end = int(first), int(last) if last else size - 1
    if last and end < begin:
        return None
    if begin >= size:
        raise _unsatisfiable(size)
    return Range(begin, min(end, size - 1) - begin + 1)


def _suffix(last: str, size: int) -> Range | None:
    if not last:
        return None
    length = min(int(last), size)
    if int(last) == 0:
        raise _unsatisfiable(size)
    # Of nothing there is no range, but its end is all of it.
    return Range(size - length, length) if length else None


def _unsatisfiable(size: int) -> RefusedError:
    return RefusedError(
        HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
        "http.range-not-satisfiable",
        f"the object has {size} bytes",
        {"Content-Range": f"bytes */{size}"},
    )


def _has(header: str, found: ObjectInfo | None, *, weak: bool) -> bool:
    """Whether a list of entity tags, or `*`, names what was found."""
    if found is None:
        return False
    if header.strip() == "*":
        return True
    if not found.etag:
        return False
    ours = quoted(found.etag)
    if weak:
        tags = {tag.removeprefix("W/") for tag in _TAG.findall(header)}
        return ours.removeprefix("W/") in tags
    return not ours.startswith("W/") and ours in _TAG.findall(header)
