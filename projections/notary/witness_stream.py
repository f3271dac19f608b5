"""The stream WITNESS: what was sealed, told to somebody who is not the database.

A message per seal, in order: the statement and its signature are headers, the body is
the page's entries that the messages before it did not have. Nothing in the stream can
be changed or taken out by its users; only who administers the broker can.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from typing import cast

from nats.aio.msg import Msg
from nats.js.api import RawStreamMsg, StorageType, StreamConfig
from nats.js.client import JetStreamContext
from nats.js.errors import NotFoundError

from domain import names
from domain.notary.encoding import ENTRY_BYTES
from domain.notary.key_chain import KeyChain, SignedKey
from domain.notary.seals import Seal
from domain.notary.statements import SealStatement, digest_of
from domain.notary.witness import Witness, entries_of, keys_told
from projections.notary.keys import verify_with

STATEMENT, SIGNATURE, BEGIN = (
    "Waybill-Statement",
    "Waybill-Signature",
    "Waybill-Begin",
)
_SECONDS = 5.0
_EVERYTHING = f"{names.witness_subject(0).rpartition('.')[0]}.*"


async def provision(jetstream: JetStreamContext) -> bool:
    """Make the stream where it is missing; returns whether it was."""
    try:
        await jetstream.stream_info(names.WITNESS_STREAM)
    except NotFoundError:
        config = StreamConfig(
            name=names.WITNESS_STREAM,
            subjects=[names.WITNESS_SUBJECTS],
            storage=StorageType.FILE,
            deny_delete=True,
            deny_purge=True,
        )
        await jetstream.add_stream(config)  # pyright: ignore[reportUnknownMemberType]
        return True
    return False


async def tell_key(jetstream: JetStreamContext, key: SignedKey) -> None:
    """Publish a key statement. Raises nats.errors.Error."""
    headers = _headers(key.statement, key.signature)
    await jetstream.publish(
        names.WITNESS_KEYS, stream=names.WITNESS_STREAM, headers=headers
    )


async def tell_seal(
    jetstream: JetStreamContext, number: int, seal: Seal, begin: int
) -> None:
    """Publish a seal, with its entries from an index on. Raises nats.errors.Error."""
    await jetstream.publish(
        names.witness_subject(number),
        seal.entries[begin * ENTRY_BYTES :],
        stream=names.WITNESS_STREAM,
        headers=_headers(seal.statement, seal.signature) | {BEGIN: str(begin)},
    )


async def witness(
    jetstream: JetStreamContext, trusted: Collection[str] = ()
) -> Witness | None:
    """What the witness knows of all pages, without entries; None: there is none."""
    try:
        keys = keys_told(await told_keys(jetstream), verify_with, trusted)
        found = Witness(keys, verify_with)
        async for message in _messages(jetstream, _EVERYTHING, headers_only=True):
            found.hear(*_signed(message))
    except NotFoundError:
        return None
    return found


async def told_keys(jetstream: JetStreamContext) -> list[SignedKey]:
    """The key statements, ours or not. Raises NotFoundError without a stream."""
    return [
        SignedKey(*_signed(message))
        async for message in _messages(jetstream, names.WITNESS_KEYS)
    ]


async def last_told(
    jetstream: JetStreamContext, keys: KeyChain
) -> SealStatement | None:
    """The seal that was told last, if it is one of ours."""
    with suppress(NotFoundError):
        last = await jetstream.get_last_msg(names.WITNESS_STREAM, _EVERYTHING)
        statement, signature = _signed(last)
        if Witness(keys, verify_with).vouches(statement, signature):
            return SealStatement.read(statement)
    return None


async def recalled(
    jetstream: JetStreamContext, number: int, keys: KeyChain
) -> list[SealStatement]:
    """What it was told of a page and of the next one, and last; signed by our keys.

    `keys` are the database's. The stream's own count too where they lead to the last of
    these: who empties the database does not make the witness a stranger.
    """
    chain = keys_told(await told_keys(jetstream), verify_with)
    mine = {each.new_key for each in keys.keys[-1:]}
    ours = mine & {each.new_key for each in chain.keys}
    found: list[SealStatement] = []
    for each in (keys, chain) if ours else (keys,):
        known = Witness(each, verify_with)
        for page in (number, number + 1):
            found += await _told_of(jetstream, page, known)
        last = await last_told(jetstream, each)
        found += [last] if last else []
    return found


async def _told_of(
    jetstream: JetStreamContext, number: int, known: Witness
) -> list[SealStatement]:
    subject, found = names.witness_subject(number), list[SealStatement]()
    async for message in _messages(jetstream, subject, headers_only=True):
        statement, signature = _signed(message)
        said = SealStatement.read(statement)
        if said and known.vouches(statement, signature):
            found.append(said)
    return found


async def told_entries(
    jetstream: JetStreamContext, number: int, known: Witness
) -> bytes:
    """The entries of one page, as the witness was told them; none where it was not."""
    told: list[tuple[Seal, int]] = []
    async for message in _messages(jetstream, names.witness_subject(number)):
        statement, signature = _signed(message)
        begin = (message.headers or {}).get(BEGIN, "")
        if begin.isdecimal() and known.vouches(statement, signature):
            told.append((Seal(statement, signature, message.data), int(begin)))
    return entries_of(told)


async def _messages(
    jetstream: JetStreamContext, subject: str, *, headers_only: bool = False
) -> AsyncIterator[Msg]:
    try:
        await jetstream.get_last_msg(names.WITNESS_STREAM, subject)
    except NotFoundError:
        await jetstream.stream_info(names.WITNESS_STREAM)
        return
    subscription = await jetstream.subscribe(
        subject,
        stream=names.WITNESS_STREAM,
        ordered_consumer=True,
        headers_only=headers_only or None,
    )
    try:
        while True:
            message = await subscription.next_msg(timeout=_SECONDS)
            yield message
            if message.metadata.num_pending == 0:
                return
    finally:
        await asyncio.shield(subscription.unsubscribe())


def _headers(statement: bytes, signature: bytes) -> dict[str, str]:
    return {
        "Nats-Msg-Id": digest_of(statement),
        STATEMENT: statement.decode(),
        SIGNATURE: signature.hex(),
    }


def _signed(message: Msg | RawStreamMsg) -> tuple[bytes, bytes]:
    headers = cast("dict[str, str]", message.headers or {})  # pyright: ignore[reportUnknownMemberType]
    try:
        signature = bytes.fromhex(headers.get(SIGNATURE, ""))
    except ValueError:
        signature = b""
    return headers.get(STATEMENT, "").encode(), signature
