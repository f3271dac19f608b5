"""What a browser may be made to do by the page of another site: nothing but look.

Without authorization (`development`) a local gateway believes whoever reaches it, and a
browser reaches it for any site, with bodies that need no preflight. Browsers say for
whom they ask (`Sec-Fetch-Site`); programs send no such header, and are not concerned.
"""

from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.problems import problem, respond

_LOOKS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# `same-site` is another port or a sister's name: not this page either.
_OTHERS: Final = frozenset({"cross-site", "same-site"})


class OwnSite:
    """ASGI middleware, inside `Edge`. Refuses what a page elsewhere would change."""

    def __init__(self, app: ASGIApp) -> None:
        """Around an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http" and _is_made_elsewhere(scope):
            told = problem("access.cross-site", "the page of another site asks for it")
            await respond(Request(scope), told)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_made_elsewhere(scope: Scope) -> bool:
    site = Headers(scope=scope).get("Sec-Fetch-Site", "").lower()
    return scope["method"] not in _LOOKS and site in _OTHERS
