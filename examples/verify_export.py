"""Verify an export of Waybill: this file, Python's standard library, nothing else.

    python3 verify_export.py EXPORT [--key ID]...

Prints what was found, and ends with 0 (all is as it was signed), 1 (it is not; the
first bad position is named) or 2 (wrong usage). `--key` is the id of a key of the
notary's that you were told by another way than the export: without it, an export is
only found to agree with itself, which a forger can bring about too.

docs/proof.md describes the format and each step, for a verifier in another language.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import struct
import sys
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

# --- Ed25519 as RFC 8032 has it: only verifying, so nothing here is secret. ---

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
NEUTRAL = (0, 1, 1, 0)  # points are (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z


def add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def decompress(data: bytes) -> Point | None:
    """The point of 32 bytes, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def compress(p: Point) -> bytes:
    inverse = pow(p[2], P - 2, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed_by(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a public key (32 bytes) has made a signature (64 bytes) of a message."""
    if (len(public_key), len(signature)) != (32, 64):
        return False
    point = decompress(public_key)
    s = int.from_bytes(signature[32:], "little")
    if point is None or s >= L:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    k = int.from_bytes(digest, "little") % L
    minus = (P - point[0], point[1], 1, P - point[3])
    table = (NEUTRAL, BASE, minus, add(BASE, minus))
    found = NEUTRAL  # s·BASE - k·point, both at once, bit by bit
    for bit in range(252, -1, -1):
        found = add(found, found)
        found = add(found, table[(s >> bit & 1) | (k >> bit & 1) << 1])
    return compress(found) == signature[:32]


# --- What an export says. ---

ZEROS = "0" * 64
KINDS = ("format", "key", "seal", "event", "receipt", "export")
ONCE = ("format", "receipt", "export")


SIGNED = {"statement", "signature"}
RECEIPT = {"format", "receipt", "signature", "keys", "objects"}


class UnreadableError(Exception):
    """A line is not one of an export."""


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; what has a name twice would be read in two ways."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def only(body: dict[str, Any], names: set[str]) -> None:
    """A line has the names that it must have, and no other."""
    if set(body) != names:
        raise UnreadableError("a line has other names than it must have")


def canonical(document: object) -> bytes:
    """JSON with names in order, no spaces, ASCII only."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def digest_of(event: dict[str, Any]) -> bytes:
    """The SHA-256 of stream, version, topic and state, each behind its length."""
    topic = event["topic"].encode()
    if "state_base64" in event:
        state = base64.b64decode(event["state_base64"], validate=True)
    else:
        state = event["state"].encode()
    head = struct.pack(">I16sIqI", 16, uuid.UUID(event["stream"]).bytes, 8,
                       event["version"], len(topic))  # fmt: skip
    return hashlib.sha256(head + topic + struct.pack(">I", len(state)) + state).digest()


def statement_of(body: dict[str, Any], kind: str) -> tuple[bytes, Any, bytes]:
    """The statement, as bytes and as it reads (None: not of this kind); signature."""
    only(
        body, SIGNED | ({"entries"} if "entries" in body and "seal" in kind else set())
    )
    try:
        text = body["statement"].encode()
        signature = base64.b64decode(body["signature"], validate=True)
    except (KeyError, AttributeError, TypeError, ValueError):
        raise UnreadableError("a line is not signed") from None
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or said.get("kind") != kind:
        said = None
    return text, said, signature


def positions_of(text: str) -> list[int]:
    """`3-5,9` is 3, 4, 5, 9."""
    found = []
    for run in filter(None, text.split(",")):
        first, _, last = run.partition("-")
        found.extend(range(int(first), int(last or first) + 1))
    return found


def split(entries: bytes) -> Iterator[tuple[int, bytes]]:
    return struct.iter_unpack(">q32s", entries)


class Export:
    """Takes the lines in order, and gathers what is wrong with them."""

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        self.trusted = set(trusted)
        self.flow, self.seen, self.stopped = "", "", False
        self.keys, self.key_problem, self.settled = [], "", False
        self.first_trusted, self.receipt = 0, ZEROS
        self.pages, self.page, self.first, self.fault = [], 0, None, None
        self.after, self.previous = 0, ZEROS
        self.events, self.hash, self.sealed = [], hashlib.sha256(), 0
        self.first_unsealed = 0
        self.exact, self.vague = [], []

    def line(self, line: bytes) -> None:
        if self.stopped:
            return
        try:
            kind, body = self.read(line)
            getattr(self, "take_" + kind)(body)
        except UnreadableError as error:
            self.stop("unreadable", str(error))

    def stop(self, wrong: str, detail: str) -> None:
        self.stopped = True
        self.exact.append((self.last() + 1, wrong, detail))

    def last(self) -> int:
        return self.events[-1] if self.events else 0

    def read(self, line: bytes) -> tuple[str, dict[str, Any]]:
        try:
            found = json.loads(line, object_pairs_hook=each_once)
        except (ValueError, RecursionError):
            raise UnreadableError("a line is not JSON") from None
        if not isinstance(found, dict):
            raise UnreadableError("a line is no object")
        if found.get("format") == "waybill.export.v1" and isinstance(
            found.get("data_flow_id"), str
        ):
            kind, body = "format", found
            only(body, {"format", "data_flow_id"})
        else:
            kind = next((k for k in KINDS[1:] if k in found), "")
            body = found.get(kind)
            if len(found) != 1 or not isinstance(body, dict):
                raise UnreadableError("a line is not one of an export")
        now = KINDS.index(kind)
        before = KINDS.index(self.seen) if self.seen else -1
        if now < before or (now == before and kind in ONCE) or before < 0 < now:
            raise UnreadableError("a line is not in its place")
        self.seen = kind
        return kind, body

    def take_format(self, body: dict[str, Any]) -> None:
        self.flow = body["data_flow_id"]

    def take_key(self, body: dict[str, Any]) -> None:
        """Each key is signed by the one before it, the first by itself; and consents.

        `signature` is both: 64 bytes of the key before, then 64 of the new key's. Else
        anybody could put a key of his own before one that you trust.
        """
        text, said, signature = statement_of(body, "waybill.key.v1")
        if self.key_problem:
            return
        try:
            public_key = bytes.fromhex(said["public_key"])
            before = self.keys[-1] if self.keys else None
            if before is None:
                signer, well = public_key, said["key"] == said["new_key"]
                well = well and said["previous"] == ZEROS and said["from_seal"] >= 1
            else:
                signer, well = bytes.fromhex(before["public_key"]), True
                well = said["key"] == before["new_key"]
                well = well and said["from_seal"] >= before["from_seal"]
            known = any(key["new_key"] == said["new_key"] for key in self.keys)
            if sha(public_key) != said["new_key"] or not well or known:
                self.key_problem = "a key is not introduced by the one before it"
            elif not signed_by(signer, signature[:64], text):
                self.key_problem = "a key is not signed by the one before it"
            elif not signed_by(public_key, signature[64:], text):
                self.key_problem = "a key has not agreed to be introduced"
            else:
                self.keys.append(said)
        except (KeyError, TypeError, ValueError):
            self.key_problem = "a key statement is none"

    def settle(self) -> None:
        """There are no more keys: is one among them that was told by another way?"""
        if self.settled:
            return
        self.settled = True
        places = range(len(self.keys))
        known = [at for at in places if self.keys[at]["new_key"] in self.trusted]
        if self.trusted and not known:
            self.keys, self.key_problem = [], "no key of it is one that is trusted"
        self.first_trusted = known[0] if known else 0

    def take_seal(self, body: dict[str, Any]) -> None:
        """Each seal is signed by the key for its number, and names the one before."""
        self.settle()
        text, said, signature = statement_of(body, "waybill.seal.v1")
        try:
            told = "entries" in body
            entries = base64.b64decode(body["entries"], validate=True) if told else b""
        except (TypeError, ValueError):
            raise UnreadableError("a seal's entries are not base64") from None
        if self.fault:
            return
        try:
            wrong = self.judge_seal(text, said, signature)
            if not wrong and told:
                wrong = self.judge_entries(said, entries)
        except (KeyError, TypeError, ValueError):
            wrong = "forged-seal"
        if wrong:
            self.fault = (self.after + 1, wrong, "a seal is not the notary's next one")
            return
        self.first = self.first or said
        self.after, self.previous = said["last"], sha(text)
        self.pages.append((said["number"], said["last"], dict(split(entries))))

    def judge_seal(self, text: bytes, said: dict[str, Any], signature: bytes) -> str:
        key = None
        for each in self.keys:
            if each["from_seal"] <= said["number"]:
                key = each
        if key is None or said["key"] != key["new_key"]:
            return "forged-seal"
        if not signed_by(bytes.fromhex(key["public_key"]), signature, text):
            return "forged-seal"
        if said["number"] == key["from_seal"] and said["previous"] != key["previous"]:
            return "forged-seal"
        if self.pages and said["number"] > self.pages[-1][0] + 1:
            return "missing-seal"
        follows = not self.pages or (
            said["number"] == self.pages[-1][0] + 1
            and said["previous"] == self.previous
            and said["after"] == self.after
        )
        return "" if follows else "forged-seal"

    def judge_entries(self, said: dict[str, Any], entries: bytes) -> str:
        if sha(entries) != said["events"] or len(entries) != 40 * said["count"]:
            return "forged-seal"
        before = said["after"]
        for position, _ in split(entries):
            if position <= before:
                return "forged-seal"
            before = position
        return ""

    def take_event(self, event: dict[str, Any]) -> None:
        """Each event is the one whose digest its page was signed with."""
        self.settle()
        state = "state_base64" if "state_base64" in event else "state"
        only(event, {"position", "stream", "version", "topic", state})
        try:
            position = event["position"]
            whole = type(position) is int and type(event["version"]) is int
            if not whole or not -(2**63) <= position < 2**63:
                raise UnreadableError("a number is none")
            digest = digest_of(event)
        except (KeyError, AttributeError, TypeError, ValueError, struct.error):
            raise UnreadableError("a line is not an event") from None
        if self.events and position <= self.last():
            again = position in self.events
            wrong = "inserted" if again else "reordered"
            self.exact.append((position, wrong, "an event is not in its place"))
            return
        self.events.append(position)
        self.hash.update(struct.pack(">q", position) + digest)
        if position > self.after:
            self.first_unsealed = self.first_unsealed or position
            return
        wrong = self.judge_event(position, digest)
        if wrong:
            self.exact.append((position, wrong, "not as it was sealed"))
        else:
            self.sealed += 1

    def judge_event(self, position: int, digest: bytes) -> str:
        if self.first is None or position <= self.first["after"]:
            return "inserted"
        while self.pages[self.page][1] < position:
            self.page += 1
        page = self.pages[self.page][2]
        if page.get(position) == digest:
            return ""
        if digest in page.values():
            return "reordered"
        return "altered" if position in page else "inserted"

    def take_receipt(self, body: dict[str, Any]) -> None:
        """The receipt is of this flow, and signed by itself; its objects add up."""
        self.settle()
        only(body, RECEIPT)
        said, objects = body["receipt"], body["objects"]
        well = body["format"] == "waybill.receipt-file.v1" and isinstance(said, dict)
        well = well and isinstance(body["signature"], str)
        well = well and isinstance(body["keys"], list)
        if not well or not (objects is None or isinstance(objects, list)):
            raise UnreadableError("the receipt is none")
        try:
            signature = base64.b64decode(body["signature"], validate=True)
        except ValueError:
            raise UnreadableError("something is not base64") from None
        self.receipt = sha(canonical(body))
        if said.get("kind") != "waybill.receipt.v1":
            self.doubt("the receipt is none")
        elif said.get("data_flow_id") != self.flow:
            self.doubt("the receipt is of another flow")
        elif not self.signed_by_any(said.get("key"), signature, canonical(said)):
            self.doubt("the receipt is not signed by a key of the chain")
        elif objects is not None:
            hashes = sorted(
                hashlib.sha256(canonical(each)).digest() for each in objects
            )
            if said.get("lines") != len(hashes) or said.get("digest") != sha(
                b"".join(hashes)
            ):
                self.doubt("the receipt's objects are not those signed")

    def signed_by_any(self, key_id: object, signature: bytes, text: bytes) -> bool:
        """By a key of the chain, but by none from before the first that is trusted."""
        for key in self.keys[self.first_trusted :]:
            if key["new_key"] == key_id:
                return signed_by(bytes.fromhex(key["public_key"]), signature, text)
        return False

    def take_export(self, body: dict[str, Any]) -> None:
        """The last line says what belongs to the export; the last key has signed it."""
        self.settle()
        text, said, signature = statement_of(body, "waybill.export.v1")
        key = self.keys[-1] if self.keys and not self.key_problem else None
        try:
            genuine = (
                key is not None
                and said["key"] == key["new_key"]
                and signed_by(bytes.fromhex(key["public_key"]), signature, text)
                and said["data_flow_id"] == self.flow
            )
            if genuine:
                self.compare(said)
            else:
                self.doubt("what the export adds up to is not signed by its last key")
        except (KeyError, TypeError, ValueError):
            self.doubt("what the export adds up to is no statement")

    def doubt(self, detail: str, begin: int = 0) -> None:
        first = begin or (self.events[0] if self.events else 0)
        self.vague.append((first, "forged-export", detail))

    def compare(self, said: dict[str, Any]) -> None:
        belong, missing = positions_of(said["positions"]), positions_of(said["missing"])
        there = set(self.events)
        if self.receipt != said["receipt"]:
            self.doubt("the receipt is not the one that belongs to the export")
        if not self.fault:
            number = self.pages[0][0] if self.pages else 0
            if number != said["first_seal"]:
                self.exact.append((said["after"] + 1, "missing-seal", "the first"))
            if len(self.pages) != said["seals"] or self.previous != said["last_seal"]:
                self.exact.append((self.after + 1, "missing-seal", "the last"))
        for wrong, positions in (
            ("removed", set(belong) - there),
            ("inserted", there - set(belong)),
            ("removed", missing),
        ):
            if positions:
                self.exact.append((min(positions), wrong, "against the last line"))
        if self.hash.hexdigest() != said["events"]:
            self.doubt("an event that is not sealed was changed", self.first_unsealed)

    def finding(self) -> tuple[int, str, str] | None:
        """The first bad position, what is wrong there, and why; or None."""
        if self.seen != "export":
            self.stop("truncated", "the export has no last line")
        if self.fault:
            position, wrong, detail = self.fault
            if not self.pages:
                position = self.events[0] if self.events else 1
            self.exact.append((position, wrong, detail))
        found = sorted(self.exact, key=lambda each: each[0]) or self.vague
        return found[0] if found else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("export")
    parser.add_argument("--key", action="append", default=[], help="a trusted key id")
    arguments = parser.parse_args()
    export = Export(arguments.key)
    with Path(arguments.export).open("rb") as lines:
        for line in lines:
            export.line(line)
    finding = export.finding()
    print(f"flow {export.flow}: {len(export.events)} events, {len(export.pages)} seals")
    if finding:
        print(f"NOT as it was signed, from position {finding[0]} on: "
              f"{finding[1]} ({finding[2]})")  # fmt: skip
        return 1
    print(f"as it was signed: {export.sealed} events by seals, "
          f"{len(export.events) - export.sealed} by the export alone")  # fmt: skip
    print(f"key {export.keys[-1]['new_key']}", end="")
    print("" if arguments.key else "; NOT compared with one that you trust (--key)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
