"""The handlers' settings: environment variables with the prefix WAYBILL_."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.signaling import is_plain_url


def _words(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return tuple(each.strip() for each in value.split(",") if each.strip())


WordList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]


def _plain_urls(urls: tuple[str, ...]) -> tuple[str, ...]:
    # They are logged and recorded: what is in them must be no secret.
    if not all(is_plain_url(each) for each in urls):
        msg = "must be http(s) URLs without credentials, query or fragment"
        raise ValueError(msg)
    return urls


class Settings(BaseSettings):
    """Read once, at the start of the process. Durations in seconds."""

    model_config = SettingsConfigDict(
        env_prefix="WAYBILL_", frozen=True, hide_input_in_errors=True
    )

    database_url: str = "postgresql://postgres@127.0.0.1:5432/waybill"
    nats_url: str = "nats://127.0.0.1:4222"
    secret_key_file: Path = Path("waybill-secret.key")
    control_plane_url: str | None = None
    datasets_file: Path | None = None
    # What metadata may name as `<side>Credentials`: see `handlers.credential_file`.
    credentials_file: Path | None = None
    # By mechanism: the keywords that it is made with, as a JSON object.
    mechanism_options: dict[str, dict[str, Any]] = Field(default_factory=dict)
    fetch_agreement: bool = False

    # How often the source of a flow without an end is looked at for more.
    watch_seconds: float = Field(default=10.0, gt=0)

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

    # Who may speak to us, and who we are. `development` lets everybody in.
    authorization: Literal["required", "development"] = "required"
    dataplane_id: str = Field(default="waybill", min_length=1)
    control_plane_id: str = Field(default="development", min_length=1)
    control_planes_file: Path | None = None
    operator_key_file: Path | None = None
    workload_token_file: Path | None = None
    keys_refetch_seconds: float = Field(default=10.0, ge=0)
    recorded_refusals_per_minute: int = Field(default=60, ge=0)

    # Where we make ourselves known: a comma list, or a JSON list, of base URLs.
    register_at: Annotated[WordList, AfterValidator(_plain_urls)] = ()
    register_as: str | None = None
    register_with_path: bool = False
    register_profiles: WordList = ()
    register_labels: WordList = ()
    register_authorization_file: Path | None = None
    public_url: str = "http://127.0.0.1:8080"

    door_host: str = "127.0.0.1"
    door_port: int = Field(default=8081, ge=0, le=65535)
    # Where others reach the data door; None: where it listens.
    door_url: str | None = None
    door_streams: int = Field(default=32, gt=0)
    access_token_seconds: int = Field(default=300, gt=0)
    # Who we are, and the private key (PEM) that proves it; others see its public half.
    did: str | None = None
    did_key_file: Path | None = None
    # Whether did:web may be resolved over plain http beyond this machine.
    did_web_http: bool = False
