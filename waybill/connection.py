"""A connection to a gateway: requests, streams, and what a refusal becomes.

Calls are in mixins of it, one per concern, and `waybill.client.Client` is all of them.
"""

import contextlib
from collections.abc import Generator, Iterator
from types import TracebackType
from typing import Any, Self

import httpx

_TIMEOUT_SECONDS = 15
_SILENCE_SECONDS = 60


class ApiError(Exception):
    """The gateway refused; `code` is of the error catalogue."""

    def __init__(self, code: str, detail: str, status: int) -> None:
        """As the problem document tells it."""
        super().__init__(f"{detail} ({code})")
        self.code = code
        self.status = status


class UnreachableError(ApiError):
    """No gateway answers."""

    def __init__(self, api_base: str) -> None:
        """`api_base` is where we looked."""
        super().__init__("plane.unreachable", f"no gateway answers at {api_base}", 0)


class BadInputError(ValueError):
    """What was given cannot be sent to anybody; the message says why.

    It shows no value that may hold a secret.
    """


def address(url: str) -> str:
    """A server's address as it was given. Raises BadInputError where it is none."""
    try:
        read = httpx.URL(url)
        # As it is looked up, which raises for what can be no name.
        read.host.encode("idna")
        good = read.scheme in {"http", "https"} and read.host and _has_port(read)
    except (httpx.InvalidURL, UnicodeError):
        good = False
    if not good:
        # A password may be in it, in front of the host.
        shown = "what was given" if "@" in url else repr(url)
        raise BadInputError(f"{shown} is no address such as http://127.0.0.1:8080")
    return url


def _has_port(url: httpx.URL) -> bool:
    return url.port is None or 0 < url.port < 1 << 16


def header(what: str, value: str) -> str:
    """What goes into a header as it is. Raises BadInputError where it cannot."""
    if not (value.isascii() and value.isprintable() and value == value.strip()):
        raise BadInputError(
            f"{what} has a character that cannot be sent: only ASCII's printable ones"
            " can, and no spaces around them"
        )
    return value


class Connection:
    """One connection to a gateway. Close it, or use it as a context manager.

    Every call raises ApiError with the gateway's stable code, UnreachableError, and
    BadInputError for what cannot be asked.
    """

    def __init__(self, api_base: str, token: str | None = None) -> None:
        """Such as `http://127.0.0.1:8080`; a token is sent with every request.

        Raises BadInputError.
        """
        self.api_base = address(api_base).rstrip("/")
        self._http = httpx.Client(
            base_url=self.api_base,
            timeout=_TIMEOUT_SECONDS,
            headers=_authorization(token) if token else None,
        )

    def __enter__(self) -> Self:
        """Nothing is sent yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self._http.close()

    @contextlib.contextmanager
    def _streamed(self, path: str, **request: Any) -> Generator[Iterator[str]]:
        with self._opened(path, **request) as response:
            yield response.iter_lines()

    @contextlib.contextmanager
    def _opened(self, path: str, **request: Any) -> Generator[httpx.Response]:
        timeout = httpx.Timeout(_TIMEOUT_SECONDS, read=_SILENCE_SECONDS)
        with (
            self._reaching(),
            self._http.stream("GET", path, timeout=timeout, **request) as response,
        ):
            if response.is_error:
                response.read()
            _raise_for_problem(response)
            yield response

    def _call(self, method: str, path: str, **request: Any) -> httpx.Response:
        with self._reaching():
            response = self._http.request(method, path, **request)
        _raise_for_problem(response)
        return response

    @contextlib.contextmanager
    def _reaching(self) -> Generator[None]:
        try:
            yield
        except httpx.TransportError:
            raise UnreachableError(self.api_base) from None
        except httpx.InvalidURL as error:
            # An id with a control character, say.
            raise BadInputError(f"that cannot be asked for: {error}") from None


def _authorization(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {header('the key', token)}"}


def _raise_for_problem(response: httpx.Response) -> None:
    if not response.is_error:
        return
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    code = str(problem.get("code", "plane.internal"))
    detail = str(problem.get("detail", f"HTTP {response.status_code}"))
    raise ApiError(code, detail, response.status_code)
