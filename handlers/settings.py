"""The handlers' settings: environment variables with the prefix WAYBILL_."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.log_lines import LogFormat, LogLevel
from domain.signaling import is_plain_url


def words(value: object) -> object:
    """A comma list, or a JSON one, as a tuple of words."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return tuple(each.strip() for each in value.split(",") if each.strip())


WordList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(words)]


def _plain_urls(urls: tuple[str, ...]) -> tuple[str, ...]:
    # They are logged and recorded: what is in them must be no secret.
    if not all(is_plain_url(each) for each in urls):
        msg = "must be http(s) URLs without credentials, query or fragment"
        raise ValueError(msg)
    return urls


class RelayKind(StrEnum):
    """Who moves bytes from S3 to S3: `fast`, two sockets; `plain`, aiohttp."""

    FAST = "fast"
    PLAIN = "plain"


class Integrity(StrEnum):
    """How the destination is made to vouch for what it got.

    `auto` finds the cheapest proof that the endpoint gives: the CRC it returns;
    else a checksum trailer, once it was seen to refuse a wrong one; else MD5 against
    the ETag. `crc` takes only what is returned; `trailer` is `auto` that sends one also
    where a CRC is returned; `md5` always computes it (1.2 CPU-seconds per GiB); `none`
    asks for nothing.
    """

    AUTO = "auto"
    CRC = "crc"
    TRAILER = "trailer"
    MD5 = "md5"
    NONE = "none"


class RelaySettings(BaseSettings):
    """What the ends of S3 read for themselves: who moves bytes, and how patiently."""

    model_config = SettingsConfigDict(
        env_prefix="WAYBILL_",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    relay: RelayKind = RelayKind.FAST
    """Who moves bytes from S3 to S3: `fast`, from socket to socket; `plain`, through
    an HTTP client."""
    relay_buffer_bytes: int = Field(default=512 * 1024, ge=64 * 1024)
    """The block that a part or object is received into. A worker's bytes on their way
    take at most three such blocks, or 2 MiB, for each of WAYBILL_WORKER_PARTS_MAX,
    however long the parts are."""
    storage_integrity: Integrity = Integrity.AUTO
    """How an S3 destination vouches for what it got: `auto`, by the cheapest proof that
    it gives; `crc`, by what it returns; `trailer`, by a checksum sent with the bytes;
    `md5`, by its ETag; `none`, by the size alone."""
    storage_connect_seconds: float = Field(default=10.0, gt=0)
    """How long a connection to an S3 endpoint may take to be made."""
    storage_read_seconds: float = Field(default=60.0, gt=0)
    """After so long without a byte of an object from either side, a try of it is given
    up."""
    storage_answer_seconds: float = Field(default=120.0, gt=0)
    """After so long without an answer to a request without object bytes (a listing, a
    completion), a try of it is given up."""
    storage_attempts: int = Field(default=3, gt=0)
    """How often such a request is sent at once; the tries of parts and objects, which
    have delays between them, are WAYBILL_PART_ATTEMPTS."""


class Settings(RelaySettings):
    """Read once, at the start of the process. Durations in seconds."""

    database_url: str = "postgresql://postgres@127.0.0.1:5432/waybill"
    """The event log and the read models: a PostgreSQL URL."""
    nats_url: str = "nats://127.0.0.1:4222"
    """The broker: NATS with JetStream."""
    log_format: LogFormat = "json"
    """How log lines look: `json`, an object per line; `plain`, for people."""
    log_level: LogLevel = "info"
    """What is logged: `debug`, `info`, `warning` or `error`, and what is worse."""
    secret_key_file: Path = Path("waybill-secret.key")
    """The plane's key, 32 bytes in base64: for credentials and the door's tokens."""
    control_plane_url: str | None = None
    """Development only: who is called back where a message names nobody."""
    datasets_file: Path | None = None
    """JSON: where this plane has each dataset, for messages that say nothing of it."""
    credentials_file: Path | None = None
    """JSON: the credentials that metadata may name as `<side>Credentials`."""
    mechanism_options: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """JSON, by mechanism: the options that it is made with."""
    fetch_agreement: bool = False
    """Whether the control plane is asked for the agreement before a flow begins."""
    allowed_hosts: WordList = ()
    """Hosts (with `*`), addresses and networks that the other side may have us call;
    empty: any but those that tell a machine its credentials."""
    lends_own_credentials: bool = False
    """Whether the other side's addresses without credentials are reached with ours."""

    watch_seconds: float = Field(default=10.0, gt=0)
    """How often the source of a flow without an end is looked at for more."""

    worker_segments: int = Field(default=4, gt=0)
    """How many segments one worker has in hand."""
    worker_parts: int = Field(default=8, gt=0)
    """How many parts or small objects one worker begins with to copy at once, between
    two endpoints."""
    worker_parts_min: int = Field(default=4, gt=0)
    """It comes down to so many where more bring nothing, or to WAYBILL_WORKER_PARTS
    where that is less."""
    worker_parts_max: int = Field(default=64, gt=0)
    """It goes up to so many where more bring more; between all endpoints together, at
    most so many are copied at once. No more than WAYBILL_WORKER_PARTS: always those."""
    ack_wait_seconds: float = Field(default=15.0, gt=0)
    """After so long without a sign of its worker, a segment is given to another."""
    heartbeat_seconds: float = Field(default=1.0, gt=0)
    """How often workers and doors say that they live."""
    confirm_seconds: float = Field(default=2.0, gt=0)
    """How long a suspend or terminate waits for workers and doors to stand still."""
    part_attempts: int = Field(default=5, gt=0)
    """How often a worker tries a part before it puts the segment down."""
    outage_seconds: float = Field(default=900.0, ge=0)
    """How long an endpoint may be away before what waits for it fails."""
    segment_deliveries: int = Field(default=5, gt=0)
    """How often a segment is given out before it has failed."""
    queued_per_slot: int = Field(default=2, gt=0)
    """How many segments, of all flows, are in the queue and with workers for each slot
    of the workers."""
    shares: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    """JSON, by tenant (a control plane's id, or what its flows name): its weight when
    workers are shared; those that are not named have 1."""
    callback_first_delay_seconds: float = Field(default=1.0, gt=0)
    """How soon a callback is sent again; after each failure twice as long."""
    callback_longest_delay_seconds: float = Field(default=300.0, gt=0)
    """The longest time between two attempts of a callback."""

    # Who may speak to us, and who we are. `development` lets everybody in.
    authorization: Literal["required", "development"] = "required"
    """`required`: tokens and the operator's key; `development`: everybody is let in."""
    dataplane_id: str = Field(default="waybill", min_length=1)
    """Who we are to control planes: the audience of their tokens, and our id."""
    control_plane_id: str = Field(default="development", min_length=1)
    """Development only: the id of the one control plane."""
    control_planes_file: Path | None = None
    """JSON: a list of registrations of control planes, applied at each start."""
    operator_key_file: Path | None = None
    """The key that operators send as a bearer token; without it, nobody is one."""
    workload_token_file: Path | None = None
    """The token that we exchange for others (RFC 8693), read at each use."""
    keys_refetch_seconds: float = Field(default=10.0, ge=0)
    """How soon a key set may be fetched again because of a key id that it lacks."""
    recorded_refusals_per_minute: int = Field(default=60, ge=0)
    """How many refused requests a process records; others are only counted."""

    register_at: Annotated[WordList, AfterValidator(_plain_urls)] = ()
    """Where we register ourselves: base URLs, as a comma list or a JSON list."""
    register_as: str | None = None
    """The control plane whose registration says how we get a token for registering."""
    register_with_path: bool = False
    """Whether we register our endpoint with `/dataflows` behind it, as EDC wants it."""
    register_profiles: WordList = ()
    """The profiles that we register with; empty: those of the installed mechanisms."""
    register_labels: WordList = ()
    """The labels that we register with."""
    register_authorization_file: Path | None = None
    """JSON: the authorization that we register with; it may hold a secret."""
    public_url: str = "http://127.0.0.1:8080"
    """Where control planes reach the gateway, without `/dataflows`."""

    door_host: str = "127.0.0.1"
    """The address that the data door listens at."""
    door_port: int = Field(default=8081, ge=0, le=65535)
    """The data door's port."""
    door_url: str | None = None
    """Where others reach the data door; empty: where it listens."""
    door_streams: int = Field(default=32, gt=0)
    """How many bodies one door moves at once; more are asked to come again."""
    access_token_seconds: int = Field(default=300, gt=0)
    """How long the door's tokens for a pull are good for."""
    did: str | None = None
    """Who we are to other data planes: a `did:web`."""
    did_key_file: Path | None = None
    """The private key (PEM, P-256) that proves it; others see its public half."""
    did_web_http: bool = False
    """Whether `did:web` may be resolved over plain http beyond this machine."""
