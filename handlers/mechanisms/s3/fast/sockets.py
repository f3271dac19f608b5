"""What a socket holds that its transport has not told of."""

import asyncio
import os
import select


def silent(transport: asyncio.Transport) -> bool:
    """Whether nothing has come, and no end."""
    waiting = select.poll()
    waiting.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
    return not waiting.poll(0)


def last_words(transport: asyncio.Transport, most_bytes: int) -> bytes:
    """What was received before a write failed, and was not read yet.

    asyncio ends a transport at once when a write fails: whoever refuses a body and
    hangs up would never be heard. Over TLS it is not; the next attempt may be.
    """
    if transport.get_extra_info("ssl_object") is not None:
        return b""
    try:
        return os.read(transport.get_extra_info("socket").fileno(), most_bytes)
    except OSError:
        return b""
