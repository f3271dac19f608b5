"""The `endpoint` of a DataAddress: `s3://bucket[/key]` or `http(s)://host/bucket[/key]`."""

from urllib.parse import unquote, urlsplit

from domain.errors import InvalidAddressError

Split = tuple[str | None, str | None, str | None]


def split(where: str, endpoint: str | None) -> Split:
    """(bucket, key or prefix, endpoint URL), each None where it is not said.

    A key in the `s3://` form is opaque; a path in the HTTP form is percent-decoded,
    once. A host alone names the endpoint and no bucket.
    """
    if not endpoint:
        return None, None, None
    scheme, _, rest = endpoint.partition("://")
    match scheme.lower():
        case "s3":
            bucket, _, path = rest.partition("/")
            if not bucket:
                raise InvalidAddressError(f"{where}: endpoint names no bucket")
            return bucket, path or None, None
        case "http" | "https":
            return _from_http(where, endpoint)
        case _:
            raise InvalidAddressError(
                f"{where}: endpoint must be s3://bucket/key or https://host/bucket/key"
            )


def join(bucket: str, path: str) -> str:
    """The `s3://` form."""
    return f"s3://{bucket}/{path}" if path else f"s3://{bucket}"


def _from_http(where: str, endpoint: str) -> Split:
    try:
        parts = urlsplit(endpoint)
    except ValueError:
        raise InvalidAddressError(f"{where}: endpoint must be a URL") from None
    if "?" in endpoint or "#" in endpoint or "@" in parts.netloc:
        raise InvalidAddressError(
            f"{where}: endpoint must hold no user, query or fragment"
        )
    host = f"{parts.scheme}://{parts.netloc}"
    raw_bucket, _, raw_path = parts.path.removeprefix("/").partition("/")
    try:
        bucket = unquote(raw_bucket, errors="strict")
        path = unquote(raw_path, errors="strict")
    except UnicodeDecodeError:
        raise InvalidAddressError(f"{where}: endpoint's path must be UTF-8") from None
    return bucket or None, path or None, host
