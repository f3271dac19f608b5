"""Properties of S3's objects, as its headers spell them: told, and asked for.

Told are those of an object (`ObjectInfo.traits`), under the names of the headers that
would give them to another one.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from domain.transfer.properties import KEEP, Encryption, Properties

STORAGE_CLASS = "x-amz-storage-class"
REDIRECT = "x-amz-website-redirect-location"
TAGGING = "x-amz-tagging"
_ACL = "x-amz-acl"
_ENCRYPTION = "x-amz-server-side-encryption"
_KEY = "x-amz-server-side-encryption-aws-kms-key-id"
# In botocore's words.
_ARGUMENTS = {
    STORAGE_CLASS: "StorageClass",
    REDIRECT: "WebsiteRedirectLocation",
    _ACL: "ACL",
    _ENCRYPTION: "ServerSideEncryption",
    _KEY: "SSEKMSKeyId",
}


def told(answer: Mapping[str, str]) -> dict[str, str]:
    """What the answer to a GET or HEAD says. Of the usual class, nothing is said."""
    found = {name: answer.get(name, "") for name in (STORAGE_CLASS, REDIRECT)}
    return {name: value for name, value in found.items() if value}


def tagging(tags: Mapping[str, str]) -> dict[str, str]:
    """A set of tags as a trait; none where it is empty."""
    return {TAGGING: urlencode(tags)} if tags else {}


def asked_for(wanted: Properties, traits: Mapping[str, str]) -> dict[str, str]:
    """The headers of a PUT, or of the POST that begins an upload.

    `traits` are the source object's.
    """
    said = {
        TAGGING: traits.get(TAGGING) if wanted.tags else None,
        REDIRECT: traits.get(REDIRECT) if wanted.website_redirect else None,
        STORAGE_CLASS: wanted.storage_class,
        _ACL: wanted.acl,
        _KEY: wanted.encryption_key,
        _ENCRYPTION: wanted.encryption,
    }
    if wanted.storage_class == KEEP:
        said[STORAGE_CLASS] = traits.get(STORAGE_CLASS)
    if wanted.encryption is Encryption.AES256:
        said[_ENCRYPTION] = "AES256"
    return {name: str(value) for name, value in said.items() if value}


def copy_arguments(wanted: Properties, traits: Mapping[str, str]) -> dict[str, str]:
    """The arguments of CopyObject; the storage itself copies tags, or drops them.

    Without the directive it would keep them, which no other route does.
    """
    said = asked_for(wanted, traits)
    said.pop(TAGGING, None)
    directive = "COPY" if wanted.tags else "REPLACE"
    arguments = {_ARGUMENTS[name]: value for name, value in said.items()}
    return {"TaggingDirective": directive, **arguments}
