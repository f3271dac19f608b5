"""The protocol's DataAddress: read leniently, written strictly (DSP 2025-1)."""

from collections.abc import Iterator
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from domain.errors import InvalidAddressError
from domain.message import without_nulls

_EDC = "https://w3id.org/edc/v0.0.1/ns/"


class EndpointProperty(BaseModel):
    """One named value of an address."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    type: str = Field(default="EndpointProperty", alias="@type")
    name: str
    # It may be a credential: no log of ours shall show it by accident.
    value: str = Field(repr=False)


class DataAddress(BaseModel):
    """An endpoint of data: its kind, where it is, and named properties.

    Reading takes a missing `@type`, nulls and unknown fields (the specification's own
    examples need all three); `wire()` writes what the schema asks for.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    type: str = Field(default="DataAddress", alias="@type")
    endpoint_type: str = Field(alias="endpointType")
    endpoint: str | None = None
    properties: tuple[EndpointProperty, ...] = Field(
        default=(), alias="endpointProperties"
    )

    @model_validator(mode="before")
    @classmethod
    def _nulls_are_absent(cls, data: object) -> object:
        return without_nulls(data)

    @classmethod
    def read(cls, data: object) -> Self:
        """Parse, or raise `InvalidAddressError` naming the field but not its value."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            where = ", ".join(
                ".".join(map(str, line["loc"])) or "dataAddress"
                for line in error.errors(include_input=False)
            )
            raise InvalidAddressError(f"dataAddress is not valid at: {where}") from None

    def items(self) -> Iterator[tuple[str, str]]:
        """Property names without EDC's namespace, and their values."""
        for each in self.properties:
            yield each.name.removeprefix(_EDC), each.value

    def wire(self) -> dict[str, Any]:
        """The JSON object that the schema accepts."""
        body: dict[str, Any] = {
            "@type": "DataAddress",
            "endpointType": self.endpoint_type,
        }
        if self.endpoint:
            body["endpoint"] = self.endpoint
        if self.properties:
            body["endpointProperties"] = [
                {"@type": "EndpointProperty", "name": each.name, "value": each.value}
                for each in self.properties
            ]
        return body
