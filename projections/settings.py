"""The projector's settings, from the environment."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.log_lines import LogFormat, LogLevel


class Settings(BaseSettings):
    """Each is an environment variable with the prefix `WAYBILL_`."""

    model_config = SettingsConfigDict(
        env_prefix="WAYBILL_",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    database_url: str = Field(
        default="postgresql://postgres@127.0.0.1:5432/waybill", repr=False
    )
    nats_url: str = Field(default="nats://127.0.0.1:4222", repr=False)
    log_format: LogFormat = "json"
    log_level: LogLevel = "info"
    notary_key_file: Path | None = None
    """The private key that seals the log and signs exports; empty: nothing is sealed,
    and nobody can prove anything of this log."""
    archive_url: str | None = None
    """Where finished flows are archived: `s3://bucket/prefix/`. Whoever reads histories
    needs this and the others of the archive too: the gateways, and the command line."""
    archive_endpoint_url: str | None = None
    """The archive's endpoint; empty is AWS."""
    archive_region: str = "us-east-1"
    """The archive's region."""
    archive_access_key_id: SecretStr | None = None
    """The archive's credentials; empty: from the environment, as AWS has them."""
    archive_secret_access_key: SecretStr | None = None
    """The archive's credentials."""
    archive_key_file: Path | None = None
    """32 bytes in base64 that seal the keys of archived flows. Without it no archive
    can be read."""
    task_ttl_seconds: float = Field(default=90 * 24 * 3600, gt=0)
    notary_seconds: float = Field(default=5.0, gt=0)
    """How long an event waits at most for its seal, where its page does not fill up."""
