"""Credentials by reference: who may name them, and how."""

from typing import Any

import pytest

from domain.errors import InvalidAddressError
from domain.mechanisms import Target
from domain.mechanisms.aliases import alias_in, alias_of, alias_reference


@pytest.mark.parametrize(
    "name",
    [
        "sourceCredentials",
        "SOURCECREDENTIALS",
        "https://w3id.org/edc/v0.0.1/ns/sourceCredentials",
    ],
)
def test_the_metadata_of_a_side_may_name_an_alias(name: str) -> None:
    metadata = {"other": 1, name: "lake"}
    assert alias_in(Target.SOURCE, metadata) == "lake"
    assert alias_in(Target.DESTINATION, metadata) is None


@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_alias_is_none(value: object) -> None:
    assert alias_in(Target.SOURCE, {"sourceCredentials": value}) is None


@pytest.mark.parametrize(
    "value",
    [".planted", "plan/ted", "plan ted", "planted\n", "p" * 129, 7, ["planted"], {}],
)
def test_what_is_no_alias_is_refused_without_its_value(value: Any) -> None:
    with pytest.raises(
        InvalidAddressError, match=r"^destinationCredentials"
    ) as refused:
        alias_in(Target.DESTINATION, {"destinationCredentials": value})
    assert "planted" not in refused.value.detail


def test_a_reference_leads_back_to_its_alias() -> None:
    assert alias_of(alias_reference("lake")) == "lake"
    assert alias_of("0123/source/4567") is None
    assert alias_of(None) is None
