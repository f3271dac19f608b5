"""The handlers' settings: environment variables with the prefix WAYBILL_."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once, at the start of the process. Durations in seconds."""

    model_config = SettingsConfigDict(env_prefix="WAYBILL_", frozen=True)

    database_url: str = "postgresql://postgres@127.0.0.1:5432/waybill"
    nats_url: str = "nats://127.0.0.1:4222"
    secret_key_file: Path = Path("waybill-secret.key")
    control_plane_url: str | None = None

    worker_segments: int = Field(default=4, gt=0)
    worker_parts: int = Field(default=8, gt=0)
    ack_wait_seconds: float = Field(default=15.0, gt=0)
    heartbeat_seconds: float = Field(default=1.0, gt=0)
    confirm_seconds: float = Field(default=2.0, gt=0)
    part_attempts: int = Field(default=5, gt=0)
    segment_deliveries: int = Field(default=5, gt=0)
    queued_per_slot: int = Field(default=2, gt=0)
    callback_first_delay_seconds: float = Field(default=1.0, gt=0)
    callback_longest_delay_seconds: float = Field(default=300.0, gt=0)
