"""The messages that the command line sends, as a small control plane of its own."""

from typing import Any

from uuid_utils.compat import uuid7

from waybill.s3_side import S3Side

PROFILE = "https://w3id.org/waybill/profile/s3-push"
PULL_PROFILE = "https://w3id.org/waybill/profile/s3-pull"


def creating(
    profile: str,
    metadata: dict[str, Any],
    *,
    dataset_id: str,
    data_flow_id: str | None = None,
    agreement_id: str = "command-line",
) -> dict[str, Any]:
    """A message that creates a data flow of this control plane's own."""
    return {
        "messageId": str(uuid7()),
        "participantId": "command-line",
        "counterPartyId": "command-line",
        "dataspaceContext": "command-line",
        "processId": data_flow_id or str(uuid7()),
        "agreementId": agreement_id,
        "datasetId": dataset_id,
        "profile": profile,
        "claims": {},
        "metadata": metadata,
    }


def push(
    source: S3Side,
    destination: S3Side,
    *,
    data_flow_id: str | None = None,
    agreement_id: str = "command-line",
    tuning: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """DataFlowStartMessage of a push between two locations that we know."""
    return creating(
        PROFILE,
        {
            **source.metadata("source"),
            **destination.metadata("destination"),
            **(tuning or {}),
        },
        dataset_id=f"s3://{source.bucket}/{source.path}",
        data_flow_id=data_flow_id,
        agreement_id=agreement_id,
    )
