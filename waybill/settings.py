"""The front door's settings; those of the processes stay theirs."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every one an environment variable with the prefix WAYBILL_."""

    model_config = SettingsConfigDict(env_prefix="WAYBILL_", frozen=True)

    api_base: str = "http://127.0.0.1:8080"
    # What a plane that requires authorization wants of its operators.
    api_token: SecretStr | None = None
    home: Path = Path(".waybill")
