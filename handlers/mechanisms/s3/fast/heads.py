"""HTTP/1.1 heads, written and read; pure functions.

Read strictly: whoever writes two lengths, or a line that is no header, is not
understood, because the next answer on the connection would be looked for in the wrong
place.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MAX_HEAD_BYTES = 64 * 1024
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: [^\r\n\0]*)?")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\r\n\0]")
_EMPTY = frozenset({204, 304})
_SWITCHING = 101


class HeadError(ConnectionError):
    """What was sent is no HTTP that we understand; the connection is of no use."""


@dataclass(frozen=True)
class Answer:
    """An answer's head. Names of `headers` are in lower case.

    `length_bytes` is what it announces of its body, None where it announces nothing;
    `chunked`: the body comes in chunks. `keeps`: the connection may serve again.
    """

    status: int
    headers: Mapping[str, str]
    length_bytes: int | None
    chunked: bool
    keeps: bool

    @property
    def interim(self) -> bool:
        """Whether the true answer is still to come."""
        return self.status < 200  # noqa: PLR2004 - HTTP's own

    @property
    def success(self) -> bool:
        """Whether what was asked was done."""
        return self.status < 300  # noqa: PLR2004 - HTTP's own


def written(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    """A request's head. Raises HeadError for what would break out of its line."""
    lines = [f"{method} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if any(_CONTROL.search(line) for line in lines):
        raise HeadError("a header has a line break in it")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")


def read(head: bytes) -> Answer:
    """An answer's head, without the empty line behind it. Raises HeadError."""
    first, *lines = head.split(b"\r\n")
    found = _STATUS_LINE.fullmatch(first)
    if found is None:
        raise HeadError("no HTTP/1.1 answer")
    status = int(found[2])
    if status == _SWITCHING:
        raise HeadError("an answer would change the protocol")
    headers = _headers(lines)
    coding = headers.get("transfer-encoding", "").lower()
    if coding not in {"", "chunked"} or (coding and "content-length" in headers):
        raise HeadError("an answer is framed in a way that is not understood")
    options = {
        each.strip() for each in headers.get("connection", "").lower().split(",")
    }
    return Answer(
        status=status,
        headers=headers,
        length_bytes=0 if status in _EMPTY else _length(headers),
        chunked=bool(coding) and status not in _EMPTY,
        keeps=found[1] == b"1" and "close" not in options,
    )


def dechunked(raw: bytes) -> tuple[bytes, bool]:
    """What a chunked body holds so far, and whether it is whole. Raises HeadError."""
    parts: list[bytes] = []
    at = 0
    while (end := raw.find(b"\r\n", at)) >= 0:
        said = raw[at:end].partition(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", said):
            raise HeadError("a chunk has no length")
        size = int(said, 16)
        if not size:
            return b"".join(parts), raw.endswith(b"\r\n\r\n")
        at = end + 2 + size + 2
        parts.append(raw[end + 2 : end + 2 + size])
    return b"".join(parts), False


def _headers(lines: list[bytes]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name) or re.search(rb"[\r\n\0]", value):
            raise HeadError("a line of a head is no header")
        key = name.decode("ascii").lower()
        text = value.strip(b" \t").decode("utf-8", "surrogateescape")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _length(headers: Mapping[str, str]) -> int | None:
    told = headers.get("content-length")
    if told is None:
        return None
    if not (told.isascii() and told.isdecimal()):
        raise HeadError("an answer has no plain length")
    return int(told)
