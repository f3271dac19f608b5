"""Who we are to others: the DID document that they find at the door."""

from typing import Any

from handlers.mechanisms.http import Identity
from handlers.mechanisms.http.identity import DidSettings
from handlers.settings import Settings

_CONTEXT = (
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/suites/jws-2020/v1",
)


def own_identity(settings: Settings) -> Identity | None:
    """The configured one; None where none is. ValueError for an unusable key."""
    said = DidSettings(did=settings.did, did_key_file=settings.did_key_file)
    return Identity.read(said)


def document(identity: Identity) -> dict[str, Any]:
    """The DID's one key, and what it is good for."""
    key_id = f"{identity.did}#{identity.key_id}"
    method = {
        "id": key_id,
        "type": "JsonWebKey2020",
        "controller": identity.did,
        "publicKeyJwk": identity.public_jwk(),
    }
    return {
        "@context": list(_CONTEXT),
        "id": identity.did,
        "verificationMethod": [method],
        "authentication": [key_id],
        "assertionMethod": [key_id],
        "capabilityInvocation": [key_id],
    }
