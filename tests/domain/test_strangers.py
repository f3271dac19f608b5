"""What an address from the other side may make this plane call."""

import pytest

from domain.errors import InvalidAddressError
from domain.mechanisms.strangers import Strangers

NEVER = [
    "http://169.254.169.254/latest/meta-data",
    "http://[::ffff:169.254.169.254]/",
    "http://[fe80::1]/x",
    "http://[fd00:ec2::254]/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://METADATA.google.internal./",
    "http://0.0.0.0:8080/",
    "not an url",
]


def refused(allowed: tuple[str, ...], url: str) -> bool:
    try:
        Strangers(allowed).check(url)
    except InvalidAddressError as error:
        return error.code == "address.not-allowed" and url not in error.detail
    return False


@pytest.mark.parametrize("url", NEVER)
@pytest.mark.parametrize("allowed", [(), ("*",), ("0.0.0.0/0", "::/0", "*")])
def test_a_machines_own_credentials_are_never_asked_for(
    allowed: tuple[str, ...], url: str
) -> None:
    assert refused(allowed, url)


@pytest.mark.parametrize(
    "url", ["https://s3.example/x", "http://10.0.0.7:9000", "http://[2001:db8::1]/"]
)
def test_without_a_list_every_other_host_may_be_called(url: str) -> None:
    assert not refused((), url)


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://a.partner.example/x", True),
        ("https://A.PARTNER.example:8443/x", True),
        ("https://partner.example.evil.example/", False),
        ("https://partner.example@evil.example/", False),
        ("http://10.1.2.3/", True),
        ("http://10.2.2.3/", False),
        ("https://s3.eu-central-1.amazonaws.com/", False),
    ],
)
def test_with_a_list_only_what_it_names(url: str, *, fine: bool) -> None:
    assert refused(("*.partner.example", "10.1.0.0/16"), url) is not fine
