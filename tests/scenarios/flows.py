"""The protocol's messages for a copy between the two buckets of a test."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.services import BucketPair, S3Endpoint

PUSH, PULL = "AmazonS3-PUSH", "AmazonS3-PULL"
# The smallest that S3 allows, so that a small object has several parts.
SMALL_PARTS = {"multipartThresholdMb": 5, "multipartPartSizeMb": 5}


@dataclass(frozen=True)
class Copy:
    """From `source` to `destination`: a key, or a prefix that ends in a slash."""

    pair: BucketPair
    source: str
    destination: str
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    callback_address: str | None = None

    def start(self, data_flow_id: str, profile: str = PUSH) -> dict[str, Any]:
        """A start with both sides in its metadata."""
        metadata = {**self.source_side(), **self.destination_side(), **self.options}
        return self.creating(data_flow_id, profile, metadata)

    def creating(
        self, data_flow_id: str, profile: str, metadata: Mapping[str, Any]
    ) -> dict[str, Any]:
        """A message that creates the flow; its id tells which of the flow it is."""
        said = {
            "messageId": f"create-{data_flow_id}",
            "dataFlowId": data_flow_id,
            "participantId": "did:web:us",
            "counterPartyId": "did:web:them",
            "dataspaceContext": "test",
            "agreementId": "agreement-1",
            "datasetId": "dataset-1",
            "profile": profile,
            "metadata": dict(metadata),
        }
        if self.callback_address:
            said["callbackAddress"] = self.callback_address
        return said

    def source_side(self) -> dict[str, Any]:
        """The source, in the names of the metadata."""
        return _side("source", self.pair.source, self.pair.source_bucket, self.source)

    def destination_side(self) -> dict[str, Any]:
        """The destination, likewise."""
        pair = self.pair
        return _side(
            "destination", pair.destination, pair.destination_bucket, self.destination
        )


def told(data_flow_id: str, verb: str, **more: Any) -> dict[str, Any]:
    """A message to a flow that there is."""
    message_id = f"{verb}-{data_flow_id}"
    return {"messageId": message_id, "dataFlowId": data_flow_id, **more}


def address(endpoint: S3Endpoint, bucket: str, path: str) -> dict[str, Any]:
    """A DataAddress with its credentials, as a counter-party would send it."""
    said = {
        "bucketName": bucket,
        "objectPrefix" if path.endswith("/") or not path else "objectName": path,
        "endpointUrl": endpoint.endpoint,
        "region": endpoint.region,
        "accessKeyId": endpoint.access_key,
        "secretAccessKey": endpoint.secret_key,
        "forcePathStyle": "true",
    }
    return {
        "@type": "DataAddress",
        "endpointType": "AmazonS3",
        "endpointProperties": [
            {"@type": "EndpointProperty", "name": name, "value": value}
            for name, value in said.items()
            if value
        ],
    }


def _side(side: str, endpoint: S3Endpoint, bucket: str, path: str) -> dict[str, Any]:
    return {
        f"{side}Bucket": bucket,
        f"{side}Key": path,
        f"{side}EndpointUrl": endpoint.endpoint,
        f"{side}Region": endpoint.region,
        f"{side}AccessKeyId": endpoint.access_key,
        f"{side}SecretAccessKey": endpoint.secret_key,
        f"{side}ForcePathStyle": True,
    }
