"""A task of the service `sync` as the start of a data flow, and nothing else. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Final

from domain.task.events import Inputs
from domain.task.inputs import invalid

_PROFILE: Final = "https://w3id.org/waybill/profile/s3-push"
_NAME = "tasks"
_SIDES: Final = ("source", "destination")
_OF_SIDE: Final = (
    *("EndpointUrl", "Region", "ForcePathStyle", "Credentials"),
    *("AccessKeyId", "SecretAccessKey", "SessionToken"),
)
_OPTIONS: Final = (
    *("multipartThresholdMb", "multipartPartSizeMb", "multipartConcurrency"),
    *("forceMultipart", "include", "exclude", "minSizeBytes", "maxSizeBytes"),
    *("modifiedSince", "modifiedBefore", "sync", "manifest", "manifestFormat"),
    *("deleteExtra", "deleteExcluded", "maxDeletes", "maxDeletePercent"),
    *("copyTags", "storageClass", "acl", "copyWebsiteRedirect"),
    *("encryption", "encryptionKeyId"),
    *("priority", "notBefore", "window", "deadline", "deadlineAction"),
)
# As the options of `waybill copy` are called.
_ALIASES: Final = {
    "sourceendpoint": "sourceEndpointUrl",
    "destinationendpoint": "destinationEndpointUrl",
    "partsizemb": "multipartPartSizeMb",
    "newerthan": "modifiedSince",
    "olderthan": "modifiedBefore",
    "minsize": "minSizeBytes",
    "maxsize": "maxSizeBytes",
}
_KNOWN: Final = {
    name.casefold(): name
    for name in (
        *_SIDES,
        *_OPTIONS,
        *(side + each for side in _SIDES for each in _OF_SIDE),
    )
} | _ALIASES
_URL = re.compile(r"s3://(?P<bucket>[^/\s]+)(?:/(?P<path>.*))?", re.DOTALL)


def start_message(task_id: str, user_id: str, inputs: Inputs) -> dict[str, Any]:
    """DataFlowStartMessage of the copy. Raises `task.input-invalid`.

    Whose share of the workers it uses is the user's, whatever the inputs say.
    """
    said = _known(inputs)
    metadata: dict[str, Any] = {"tenant": user_id}
    for side in _SIDES:
        metadata |= _side(side, said)
    metadata |= {name: each for name, each in said.items() if name not in _SIDES}
    return {
        "messageId": f"task:{task_id}",
        "dataFlowId": task_id,
        "participantId": _NAME,
        "counterPartyId": user_id,
        "dataspaceContext": _NAME,
        "agreementId": _NAME,
        "datasetId": said["source"],
        "profile": _PROFILE,
        "metadata": metadata,
    }


def credentials_named(message: Mapping[str, Any]) -> tuple[str, ...]:
    """The operator's credentials that a message would use."""
    metadata = message["metadata"]
    named = (metadata.get(f"{side}Credentials") for side in _SIDES)
    return tuple(each for each in named if each)


def _known(inputs: Inputs) -> dict[str, str | list[str]]:
    said: dict[str, str | list[str]] = {}
    for given, value in inputs.items():
        name = _KNOWN.get(re.sub(r"[-_]", "", given).casefold())
        if name is None:
            raise invalid(f"{given} is no input of sync")
        if name in said:
            raise invalid(f"{given} is given twice")
        said[name] = value if isinstance(value, str) else list(value)
    return said


def _side(side: str, said: Mapping[str, str | list[str]]) -> dict[str, Any]:
    url = said.get(side)
    found = _URL.fullmatch(url) if isinstance(url, str) else None
    if found is None:
        raise invalid(f"{side} must be s3://bucket/key or s3://bucket/prefix/")
    endpoint = said.get(f"{side}EndpointUrl")
    usual = {
        f"{side}Bucket": found["bucket"],
        f"{side}Key": found["path"] or None,
        f"{side}Region": "us-east-1",
        # At an endpoint of its own, a bucket seldom has a host name.
        f"{side}ForcePathStyle": "true" if endpoint else None,
    }
    return {name: each for name, each in usual.items() if each is not None}
