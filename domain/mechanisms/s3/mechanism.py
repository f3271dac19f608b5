"""The mechanism: its profile names, and the four things the protocol asks of it."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from domain.data_address import DataAddress
from domain.errors import InvalidAddressError
from domain.location import CopyOptions, Direction, Location
from domain.mechanisms import Parsed, Target
from domain.mechanisms.options import read_options
from domain.mechanisms.s3 import endpoints, reading
from domain.mechanisms.s3.address import MECHANISM, S3Address

PROFILE_URL = "https://w3id.org/waybill/profile/s3"
_PROFILES = (
    f"{PROFILE_URL}-push",
    f"{PROFILE_URL}-pull",
    "https://w3id.org/dspace-sig/profile/s3-push",
    "https://w3id.org/dspace-sig/profile/s3-pull",
    "AmazonS3-PUSH",
    "AmazonS3-PULL",
    "com.test.s3-PUSH",
    "com.test.s3-PULL",
)
# What follows the last separator must end in the word s3: not https3, not s3-http.
_ANY_S3 = re.compile(
    r"(?:.*[/:.#])?(?:[^/:.#]*[^/:.#a-z0-9])?(?:amazon|aws)?s3-(?P<direction>push|pull)",
    re.IGNORECASE | re.DOTALL,
)


class S3:
    """S3 as the protocol addresses it. See the package for what is understood."""

    @property
    def name(self) -> str:
        """The key of the registry."""
        return MECHANISM

    @property
    def profiles(self) -> tuple[str, ...]:
        """Our own profile first, then the names that others use."""
        return _PROFILES

    def direction(self, profile: str) -> Direction | None:
        """By the suffix, for any profile whose last word is S3."""
        match = _ANY_S3.fullmatch(profile)
        return Direction(match["direction"].lower()) if match else None

    def read(
        self,
        target: Target,
        address: DataAddress | None,
        metadata: Mapping[str, Any],
        *,
        own: bool = True,
    ) -> Parsed | None:
        """One side of a copy; see `reading` for the order of what is said."""
        return reading.read(target, address, metadata, own=own)

    def credentials(
        self, target: Target, metadata: Mapping[str, Any]
    ) -> Mapping[str, SecretStr]:
        """The `<target>AccessKeyId` and so on of the metadata."""
        return reading.credentials(target, metadata)

    def write(self, location: Location) -> DataAddress:
        """The address to tell the other side: reads back as the same location."""
        address = S3Address.of(location)
        style = address.force_path_style
        said = {
            "bucketName": address.bucket,
            "objectName": address.key,
            "objectPrefix": address.prefix,
            "region": address.region,
            "endpointUrl": address.endpoint_url,
            "forcePathStyle": None if style is None else str(style).lower(),
        }
        return DataAddress.read(
            {
                "endpointType": "AmazonS3",
                "endpoint": endpoints.join(address.bucket, address.path),
                "endpointProperties": [
                    {"name": name, "value": value}
                    for name, value in said.items()
                    if value
                ],
            }
        )

    def called(self, parsed: Parsed) -> tuple[str, ...]:
        """The endpoint; none for AWS itself."""
        url = parsed.location.fields.get("endpoint_url")
        return (url,) if isinstance(url, str) else ()

    def offer(
        self, data_flow_id: str, own: Location, direction: Direction
    ) -> DataAddress:
        """The bucket itself: what is kept elsewhere, this profile cannot offer."""
        _ = data_flow_id, direction
        if own.mechanism != MECHANISM:
            raise InvalidAddressError("a profile of S3 offers what is kept in S3")
        return self.write(own)

    def asynchronous(self, profile: str) -> bool:
        """Nothing has to be made ready."""
        _ = profile
        return False

    def options(self, profile: str, metadata: Mapping[str, Any]) -> CopyOptions:
        """As for every mechanism."""
        _ = profile
        return read_options(metadata)
