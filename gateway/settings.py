"""The gateway's settings, from the environment."""

import json
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.access.api_keys import ApiKeys
from domain.limits.terms import TimeZone
from domain.log_lines import LogFormat, LogLevel


def _words(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return tuple(each.strip() for each in value.split(",") if each.strip())


KeyList = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_words)]


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
    gateway_host: str = "127.0.0.1"
    """The address that the gateway listens at."""
    gateway_port: int = Field(default=8080, ge=0, le=65535)
    """The gateway's port."""
    command_timeout_seconds: float = Field(default=10.0, gt=0)
    """How long the gateway waits for a commands handler's answer."""
    body_limit_bytes: int = Field(default=1 << 20, gt=0)
    """The longest body of a request."""
    ready_max_lag_seconds: float = Field(default=60.0, ge=0)
    """Read models that are further behind make `/readyz` red."""
    files_url: str = "http://127.0.0.1:8082"
    """Where others reach the file server; requests for files are sent on to there."""
    task_ttl_seconds: float = Field(default=90 * 24 * 3600, gt=0)
    task_timezone: TimeZone = "UTC"
    upload_keys: KeyList = ()
    read_keys: KeyList = ()
    delete_keys: KeyList = ()
    authorization: Literal["required", "development"] = "required"
    operator_key_file: Path | None = None
    notary_key_file: Path | None = None

    @model_validator(mode="after")
    def _keys_are_keys(self) -> Self:
        # At the start, not when the first one is shown.
        self.api_keys()
        return self

    def api_keys(self) -> ApiKeys:
        """Whose API keys there are, as the file server has them. Raises ValueError."""
        lists = (self.upload_keys, self.read_keys, self.delete_keys)
        upload, read, delete = (
            [each.get_secret_value() for each in given] for given in lists
        )
        return ApiKeys.read(
            upload, read, delete, open=self.authorization == "development"
        )
