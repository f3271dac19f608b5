"""The front door's settings; those of the processes stay theirs."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every one an environment variable with the prefix WAYBILL_."""

    model_config = SettingsConfigDict(
        env_prefix="WAYBILL_", frozen=True, use_attribute_docstrings=True
    )

    api_base: str = "http://127.0.0.1:8080"
    """The gateway that the command line speaks to."""
    api_token: SecretStr | None = None
    """What it sends as a bearer token: the operator's key."""
    api_key: SecretStr | None = None
    """The API key that it sends for files and uploads."""
    files_url: str | None = None
    """Where others reach the file server; empty: where the gateway leads to."""
    home: Path = Path(".waybill")
    """Where `waybill up` keeps data, keys and logs."""
