"""The control path follows no redirect.

aiobotocore leaves aiohttp's default, which follows them: an endpoint could then send
our requests to any address of our network. Covered by a test, because the method that
is overridden is aiobotocore's own.

Nor does it look for the bucket's true region on its own: the data path would not
follow, and an endpoint that redirects everything sends botocore round in circles.
"""

from typing import Any

import aiohttp
from aiobotocore.httpsession import (  # pyright: ignore[reportMissingTypeStubs]
    AIOHTTPSession,
)


def stay(context: dict[str, Any], **_: object) -> None:
    """Handler of `before-call.s3`: tells botocore that it was redirected already."""
    context.setdefault("s3_redirect", {})["redirected"] = True


class NotFollowing(AIOHTTPSession):  # type: ignore[misc]
    """aiobotocore's session, but a 3xx is an answer like any other."""

    async def _get_session(self, proxy_url: str | None) -> Any:  # noqa: ANN401
        made: Any = super()
        return _Requests(await made._get_session(proxy_url))  # noqa: SLF001


class _Requests:
    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def request(self, method: str, **options: Any) -> aiohttp.ClientResponse:
        return await self._session.request(method, allow_redirects=False, **options)
