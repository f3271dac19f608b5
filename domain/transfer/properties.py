"""What an S3 object has besides its bytes, its content headers and its metadata."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from domain.message import Message

KEEP = "keep"


class Acl(StrEnum):
    """The canned ones, as S3 spells them."""

    PRIVATE = "private"
    PUBLIC_READ = "public-read"
    PUBLIC_READ_WRITE = "public-read-write"
    AUTHENTICATED_READ = "authenticated-read"
    AWS_EXEC_READ = "aws-exec-read"
    BUCKET_OWNER_READ = "bucket-owner-read"
    BUCKET_OWNER_FULL_CONTROL = "bucket-owner-full-control"


class Encryption(StrEnum):
    """By whose key the destination encrypts at rest: its own, or one of its KMS."""

    AES256 = "aes256"
    KMS = "aws:kms"
    KMS_TWICE = "aws:kms:dsse"


class Properties(Message):
    """What objects keep or get; without, the destination's own usual ones.

    `storage_class` is one of the destination's names, or `keep` for that of the source.
    `encryption_key` is the name of a key of the destination's KMS, no key.
    """

    tags: bool = Field(default=False, exclude_if=lambda value: not value)
    website_redirect: bool = Field(default=False, exclude_if=lambda value: not value)
    storage_class: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_.-]{1,64}$",
        exclude_if=lambda value: value is None,
    )
    acl: Acl | None = Field(default=None, exclude_if=lambda value: value is None)
    encryption: Encryption | None = Field(
        default=None, exclude_if=lambda value: value is None
    )
    encryption_key: str | None = Field(
        default=None,
        pattern=r"^[\x21-\x7e]{1,2048}$",
        exclude_if=lambda value: value is None,
    )

    @model_validator(mode="after")
    def _a_key_is_of_a_kms(self) -> Self:
        kms = self.encryption in {Encryption.KMS, Encryption.KMS_TWICE}
        if self.encryption_key is not None and not kms:
            msg = "encryptionKeyId needs encryption aws:kms"
            raise ValueError(msg)
        return self

    @property
    def asks_the_source(self) -> bool:
        """Whether something is to be kept that only the source can tell."""
        return self.tags or self.website_redirect or self.storage_class == KEEP


NONE = Properties()
