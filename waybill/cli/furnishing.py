"""Options that say what objects keep or get besides their bytes and headers."""

from dataclasses import dataclass
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from domain.transfer.properties import Acl, Encryption, Properties


def a_class(text: str) -> str:
    """As it was said, if it can be the name of one."""
    try:
        Properties(storage_class=text)
    except ValidationError:
        raise typer.BadParameter("a class is like STANDARD_IA, or `keep`") from None
    return text


def a_key(text: str) -> str:
    """As it was said, if it can be the name of one."""
    try:
        Properties(encryption=Encryption.KMS, encryption_key=text)
    except ValidationError:
        raise typer.BadParameter("an id or an ARN has no spaces in it") from None
    return text


@dataclass(frozen=True)
class Furnishing:
    """All of it may be left out; what the destination cannot do fails the object."""

    copy_tags: Annotated[
        bool, typer.Option("--copy-tags", help="The tags of the source's objects.")
    ] = False
    storage_class: Annotated[
        str | None,
        typer.Option(
            "--storage-class",
            metavar="CLASS",
            parser=a_class,
            help="One of the destination's; `keep`: as at the source.",
        ),
    ] = None
    acl: Annotated[Acl | None, typer.Option(help="A canned one.")] = None
    copy_website_redirect: Annotated[
        bool,
        typer.Option("--copy-website-redirect", help="Where the source's lead to."),
    ] = False
    encryption: Annotated[
        Encryption | None,
        typer.Option(case_sensitive=False, help="At rest, at the destination."),
    ] = None
    encryption_key_id: Annotated[
        str | None,
        typer.Option(
            "--encryption-key-id",
            metavar="KEY",
            parser=a_key,
            help="Of the destination's KMS: an id or an ARN.",
        ),
    ] = None

    def __post_init__(self) -> None:
        """Raises BadParameter where a key is named that nothing is encrypted with."""
        by_kms = self.encryption in {Encryption.KMS, Encryption.KMS_TWICE}
        if self.encryption_key_id is not None and not by_kms:
            raise typer.BadParameter(
                "needs --encryption aws:kms", param_hint="--encryption-key-id"
            )

    def furnishing(self) -> dict[str, Any]:
        """The metadata of what was said."""
        return {
            "copyTags": self.copy_tags or None,
            "storageClass": self.storage_class,
            "acl": self.acl,
            "copyWebsiteRedirect": self.copy_website_redirect or None,
            "encryption": self.encryption,
            "encryptionKeyId": self.encryption_key_id,
        }
