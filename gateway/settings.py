"""The gateway's settings, from the environment."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    authorization: Literal["required", "development"] = "required"
    operator_key_file: Path | None = None
    notary_key_file: Path | None = None
