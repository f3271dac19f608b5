"""What the metadata says of objects' properties; see `domain.transfer.properties`."""

from pydantic import ValidationError

from domain.errors import InvalidAddressError
from domain.mechanisms.s3.names import Names
from domain.mechanisms.values import word
from domain.transfer.properties import KEEP, Acl, Encryption, Properties

_SAID = {"storage_class": "storageClass", "encryption_key": "encryptionKeyId"}


def properties(names: Names) -> Properties:
    """Raises InvalidAddressError."""
    storage_class = names.text("storageClass")
    if storage_class is not None and storage_class.casefold() == KEEP:
        storage_class = KEEP
    try:
        return Properties(
            tags=names.flag("copyTags") or False,
            website_redirect=names.flag("copyWebsiteRedirect") or False,
            storage_class=storage_class,
            acl=word(names, "acl", Acl),
            encryption=word(names, "encryption", Encryption),
            encryption_key=names.text("encryptionKeyId"),
        )
    except ValidationError as error:
        where = error.errors(include_input=False, include_url=False)[0]["loc"]
        if not where:
            raise InvalidAddressError(
                "encryptionKeyId needs encryption aws:kms"
            ) from None
        name = _SAID.get(str(where[0]), str(where[0]))
        raise InvalidAddressError(f"{name} is not of the form of one") from None
