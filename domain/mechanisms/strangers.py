"""Which hosts an address from the other side may make this plane call."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from domain.errors import InvalidAddressError

# Where clouds tell a machine its own credentials: no transfer ever means these.
_NEVER = tuple(
    map(ip_network, ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "0.0.0.0/8"))
)
_NEVER_NAMES = ("metadata.google.internal", "metadata.goog")


@dataclass(frozen=True)
class Strangers:
    """The operator's list: host names with `*`, addresses and networks (CIDR).

    Empty, every host may be called but those that hold a machine's own credentials.
    Names are compared as they are written; what they resolve to is not looked up.
    """

    allowed: Sequence[str] = ()

    def check(self, url: str) -> None:
        """Raises InvalidAddressError `address.not-allowed`, without the URL."""
        host = (urlsplit(url).hostname or "").rstrip(".").casefold()
        number = _number(host)
        if number is None:
            fine = host not in _NEVER_NAMES and (
                not self.allowed
                or any(fnmatchcase(host, each.casefold()) for each in self.allowed)
            )
        else:
            fine = not any(number in each for each in _NEVER) and (
                not self.allowed or any(_holds(each, number) for each in self.allowed)
            )
        if not host or not fine:
            raise InvalidAddressError(
                "the address names a host that this plane does not call for others",
                code="address.not-allowed",
            )


def _number(host: str) -> IPv4Address | IPv6Address | None:
    try:
        number = ip_address(host)
    except ValueError:
        return None
    mapped = number.ipv4_mapped if isinstance(number, IPv6Address) else None
    return mapped or number


def _holds(pattern: str, number: IPv4Address | IPv6Address) -> bool:
    try:
        return number in ip_network(pattern, strict=False)
    except ValueError:
        return False
