"""The protocol's messages as a control plane sends them."""

from typing import Any

FLOW = "tp-1"


def creation(**changes: Any) -> dict[str, Any]:
    """A DataFlowPrepareMessage or DataFlowStartMessage of RC3."""
    values: dict[str, Any] = {
        "messageId": "m1",
        "participantId": "did:web:provider",
        "counterPartyId": "did:web:consumer",
        "dataspaceContext": "dataspace-protocol-http:2025-1",
        "processId": FLOW,
        "agreementId": "agreement-1",
        "datasetId": "dataset-1",
        "profile": "AmazonS3-PUSH",
        "claims": {"membership": "active"},
        "labels": None,
        "callbackAddress": None,
    }
    return {**values, **changes}
