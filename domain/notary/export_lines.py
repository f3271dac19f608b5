"""An export is a file of JSON lines: what each holds, written and read."""

import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64Error
from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from domain.notary.encoding import Stored
from domain.notary.key_chain import SignedKey
from domain.notary.seals import Seal

FORMAT = "waybill.export.v1"
# In this order; of keys, seals and events there are any number.
KINDS = ("format", "key", "seal", "event", "receipt", "export")


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
        told: object = json.loads(line)
    except (ValueError, RecursionError):
        raise UnreadableError("a line is not JSON") from None
    if not isinstance(told, dict):
        raise UnreadableError("a line is no object")
    found = cast("dict[str, Any]", told)
    if found.get("format") == FORMAT and isinstance(found.get("data_flow_id"), str):
        return "format", found
    for kind in KINDS[1:]:
        if len(found) == 1 and isinstance(found.get(kind), dict):
            return kind, found[kind]
    raise UnreadableError("a line is not one of an export")


def read_signed(body: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """A statement and its signature. Raises UnreadableError."""
    try:
        return body["statement"].encode(), b64decode(body["signature"], validate=True)
    except (KeyError, AttributeError, TypeError, ValueError, NotBase64Error):
        raise UnreadableError("a line is not signed") from None


def decoded(text: str) -> bytes:
    """What base64 means. Raises UnreadableError."""
    try:
        return b64decode(text, validate=True)
    except (ValueError, NotBase64Error):
        raise UnreadableError("something is not base64") from None


def read_seal(body: Mapping[str, Any]) -> tuple[Seal, bool]:
    """A seal, and whether its entries are with it. Raises UnreadableError."""
    statement, signature = read_signed(body)
    told = body.get("entries")
    try:
        entries = b64decode(told, validate=True) if told is not None else b""
    except (TypeError, ValueError, NotBase64Error):
        raise UnreadableError("a seal's entries are not base64") from None
    return Seal(statement, signature, entries), told is not None


def read_event(body: Mapping[str, Any]) -> Stored:
    """An event. Raises UnreadableError."""
    try:
        state = (
            b64decode(body["state_base64"], validate=True)
            if "state_base64" in body
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
    except (KeyError, AttributeError, TypeError, ValueError, NotBase64Error):
        raise UnreadableError("a line is not an event") from None
    return event


def _whole(value: object) -> int:
    if type(value) is not int or not -(1 << 63) <= value < 1 << 63:
        raise UnreadableError("a number is none")
    return value


def _line(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode() + b"\n"
