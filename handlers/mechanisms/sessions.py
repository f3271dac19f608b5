"""aiohttp sessions for object bytes."""

import aiohttp


def bare_session(
    connect_seconds: float, idle_seconds: float, buffer_bytes: int
) -> aiohttp.ClientSession:
    """A session that adds nothing of its own, follows nothing and decodes nothing.

    As many connections as are asked for; `buffer_bytes` is what is read ahead of each.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        read_bufsize=buffer_bytes,
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        timeout=aiohttp.ClientTimeout(
            total=None, sock_connect=connect_seconds, sock_read=idle_seconds
        ),
    )
