"""Where a key may go that was meant for one address."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from waybill.files_client.errors import FilesClientError


def require_trust(base_url: str, files_url: str | None, onward: str) -> None:
    """Raise FilesClientError unless the key may go onward.

    A redirect is believed no more than the connection that it came by: to the host that
    was named, never from TLS to none, or to the URL that was named beside it.
    """
    if files_url is not None and _origin(onward) == _origin(files_url):
        return
    named, there = urlsplit(base_url), urlsplit(onward)
    downgraded = named.scheme == "https" and there.scheme != "https"
    if not _one_host(named.hostname, there.hostname) or downgraded:
        raise FilesClientError(
            "access.key-invalid",
            f"{base_url} sends us on to {there.netloc}, and the key is not sent to"
            " another host: name it as files_url (WAYBILL_FILES_URL)",
            0,
        )


def _one_host(one: str | None, other: str | None) -> bool:
    """Whether both are one; `localhost` and `127.0.0.1` are this machine."""
    return one == other or (_is_here(one) and _is_here(other))


def _is_here(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
