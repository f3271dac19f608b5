"""Small JSON documents from the places that an operator has named."""

from typing import Any, cast

import httpx

_MOST_BYTES = 1 << 18
_TIMEOUT_SECONDS = 5.0


class FetchError(Exception):
    """What failed, without a word of what was answered."""


def make_client() -> httpx.AsyncClient:
    """A client that is patient for a moment, and never led elsewhere."""
    return httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, follow_redirects=False)


async def fetch(client: httpx.AsyncClient, url: str) -> dict[str, Any]:
    """The object at `url`. Raises FetchError."""
    headers = {"Accept": "application/json"}
    try:
        async with client.stream("GET", url, headers=headers) as response:
            if not response.is_success:
                raise FetchError(f"HTTP {response.status_code}")
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MOST_BYTES:
                    raise FetchError("the document is too large")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise FetchError(type(error).__name__) from None
    return json_object(httpx.Response(200, content=bytes(body)))


def json_object(response: httpx.Response) -> dict[str, Any]:
    """The object that was answered. Raises FetchError."""
    try:
        value = response.json()
    except ValueError:
        raise FetchError("the answer is not JSON") from None
    if not isinstance(value, dict):
        raise FetchError("the answer is not an object")
    return cast("dict[str, Any]", value)
