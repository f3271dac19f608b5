"""What metadata says of tags, classes, ACLs and encryption."""

from typing import Any

import pytest

from domain.errors import InvalidAddressError
from domain.location import CopyOptions
from domain.mechanisms.s3 import S3
from domain.transfer.properties import Acl, Encryption, Properties


@pytest.mark.parametrize(
    ("metadata", "meant"),
    [
        ({}, Properties()),
        ({"copyTags": "true"}, Properties(tags=True)),
        ({"storageClass": "Keep"}, Properties(storage_class="keep")),
        ({"storageClass": "GLACIER_IR"}, Properties(storage_class="GLACIER_IR")),
        ({"acl": "public-read"}, Properties(acl=Acl.PUBLIC_READ)),
        ({"copyWebsiteRedirect": True}, Properties(website_redirect=True)),
        ({"encryption": "AES256"}, Properties(encryption=Encryption.AES256)),
        (
            {"encryption": "aws:kms", "encryptionKeyId": "arn:aws:kms:a:1:key/2"},
            Properties(
                encryption=Encryption.KMS, encryption_key="arn:aws:kms:a:1:key/2"
            ),
        ),
    ],
)
def test_they_are_options_of_the_copy(
    metadata: dict[str, Any], meant: Properties
) -> None:
    options = S3().options("", metadata)
    assert options.properties == meant
    assert CopyOptions.model_validate_json(options.model_dump_json()) == options


@pytest.mark.parametrize(
    ("metadata", "named"),
    [
        ({"copyTags": "perhaps"}, "copyTags"),
        ({"storageClass": "a class\r\nof its own: x"}, "storageClass"),
        ({"acl": "everybody"}, "acl must be one of private"),
        ({"encryption": "rot13"}, "encryption must be one of"),
        ({"encryptionKeyId": "k"}, "encryptionKeyId needs encryption"),
        ({"encryption": "aws:kms", "encryptionKeyId": "a b"}, "encryptionKeyId"),
    ],
)
def test_what_cannot_be_meant_is_named(metadata: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidAddressError, match=named):
        S3().options("", metadata)


def test_events_of_flows_without_them_stay_as_they_were() -> None:
    assert "properties" not in CopyOptions().model_dump()
