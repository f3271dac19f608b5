"""An export is a file of JSON lines: what each holds, written and read.

A line has the names that it must have, each once, and no other: what is read is what
was signed, whoever reads it.
"""

import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64Error
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

from domain.notary.encoding import Stored
from domain.notary.key_chain import SignedKey
from domain.notary.seals import Seal
from domain.notary.statements import NOTHING

FORMAT = "waybill.export.v1"
# In this order; of keys, seals and events there are any number.
KINDS = ("format", "key", "seal", "event", "receipt", "export")
_SIGNED = frozenset({"statement", "signature"})
_EVENT = frozenset({"position", "stream", "version", "topic"})


class UnreadableError(ValueError):
    """A line is not one of an export."""


def opening(data_flow_id: str) -> bytes:
    """The first line."""
    return _line({"format": FORMAT, "data_flow_id": data_flow_id})


def key_line(key: SignedKey) -> bytes:
    """A key statement."""
    return _line({"key": signed(key.statement, key.signature)})


def seal_line(seal: Seal, *, with_entries: bool) -> bytes:
    """A seal; without entries where none of the flow's events is in its page."""
    body = signed(seal.statement, seal.signature)
    if with_entries:
        body["entries"] = b64encode(seal.entries).decode()
    return _line({"seal": body})


def event_line(event: Stored) -> bytes:
    """An event: its state as text, or in base64 where it is none."""
    body: dict[str, object] = {
        "position": event.position,
        "stream": str(event.stream),
        "version": event.version,
        "topic": event.topic,
    }
    try:
        body["state"] = event.state.decode()
    except UnicodeDecodeError:
        body["state_base64"] = b64encode(event.state).decode()
    return _line({"event": body})


def receipt_line(receipt: Mapping[str, Any]) -> bytes:
    """The flow's receipt, with its signature."""
    return _line({"receipt": receipt})


def receipt_digest(receipt: Mapping[str, Any] | None) -> str:
    """What the export's statement says of the receipt's line; zeros without one."""
    if receipt is None:
        return NOTHING
    text = json.dumps(receipt, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def closing(statement: bytes, signature: bytes) -> bytes:
    """The last line: what all of it adds up to, signed."""
    return _line({"export": signed(statement, signature)})


def signed(statement: bytes, signature: bytes) -> dict[str, str]:
    """A statement and its signature, as JSON has them."""
    return {
        "statement": statement.decode(),
        "signature": b64encode(signature).decode(),
    }


def read_line(line: bytes) -> tuple[str, dict[str, Any]]:
    """What a line is, and what it holds. Raises UnreadableError."""
    try:
        told: object = json.loads(line, object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        raise UnreadableError("a line is not JSON") from None
    if not isinstance(told, dict):
        raise UnreadableError("a line is no object")
    found = cast("dict[str, Any]", told)
    if found.get("format") == FORMAT and isinstance(found.get("data_flow_id"), str):
        only(found, {"format", "data_flow_id"})
        return "format", found
    for kind in KINDS[1:]:
        if len(found) == 1 and isinstance(found.get(kind), dict):
            return kind, found[kind]
    raise UnreadableError("a line is not one of an export")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "a name stands twice"
        raise ValueError(msg)
    return found


def only(body: Mapping[str, Any], names: Collection[str]) -> None:
    """Refuse what has other names than these. Raises UnreadableError."""
    if set(body) != set(names):
        raise UnreadableError("a line has other names than it must have")


def read_signed(
    body: Mapping[str, Any], names: Collection[str] = _SIGNED
) -> tuple[bytes, bytes]:
    """A statement and its signature. Raises UnreadableError."""
    only(body, names)
    try:
        return body["statement"].encode(), b64decode(body["signature"], validate=True)
    except (AttributeError, TypeError, ValueError, NotBase64Error):
        raise UnreadableError("a line is not signed") from None


def decoded(text: str) -> bytes:
    """What base64 means. Raises UnreadableError."""
    try:
        return b64decode(text, validate=True)
    except (ValueError, NotBase64Error):
        raise UnreadableError("something is not base64") from None


def read_seal(body: Mapping[str, Any]) -> tuple[Seal, bool]:
    """A seal, and whether its entries are with it. Raises UnreadableError."""
    told = "entries" in body
    names = _SIGNED | {"entries"} if told else _SIGNED
    statement, signature = read_signed(body, names)
    try:
        entries = b64decode(body["entries"], validate=True) if told else b""
    except (TypeError, ValueError, NotBase64Error):
        raise UnreadableError("a seal's entries are not base64") from None
    return Seal(statement, signature, entries), told


def read_event(body: Mapping[str, Any]) -> Stored:
    """An event. Raises UnreadableError."""
    encoded = "state_base64" in body
    only(body, _EVENT | {"state_base64" if encoded else "state"})
    try:
        state = (
            b64decode(body["state_base64"], validate=True)
            if encoded
            else body["state"].encode()
        )
        event = Stored(
            _whole(body["position"]),
            UUID(body["stream"]),
            _whole(body["version"]),
            body["topic"],
            state,
        )
        event.topic.encode()
    except (AttributeError, TypeError, ValueError, NotBase64Error):
        raise UnreadableError("a line is not an event") from None
    return event


def _whole(value: object) -> int:
    if type(value) is not int or not -(1 << 63) <= value < 1 << 63:
        raise UnreadableError("a number is none")
    return value


def _line(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode() + b"\n"
