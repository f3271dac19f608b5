"""The projector's settings, from the environment."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`WAYBILL_DATABASE_URL` and `WAYBILL_NATS_URL`."""

    model_config = SettingsConfigDict(
        env_prefix="WAYBILL_", frozen=True, hide_input_in_errors=True
    )

    database_url: str = Field(
        default="postgresql://postgres@127.0.0.1:5432/waybill", repr=False
    )
    nats_url: str = Field(default="nats://127.0.0.1:4222", repr=False)
