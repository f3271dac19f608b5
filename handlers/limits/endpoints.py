"""The name of an endpoint, for its pace and its limits."""

from urllib.parse import urlsplit

from domain.location import Location


def endpoint_of(place: Location | None) -> str:
    """The endpoint's name: its host and port, no more; a region where it has none."""
    if place is None:
        return ""
    url = place.fields.get("endpoint_url") or place.fields.get("endpoint")
    if isinstance(url, str):
        return urlsplit(url).netloc.rpartition("@")[2] or place.mechanism
    return f"{place.mechanism}:{place.fields.get('region') or ''}"
