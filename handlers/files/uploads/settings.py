"""Settings of resumable uploads: environment variables, prefix WAYBILL_UPLOAD_."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from handlers.settings import WordList

_MIB = 1024**2


class UploadSettings(BaseSettings):
    """Read once, at the start of the process. Durations in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(
        env_prefix="WAYBILL_",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    upload_chunk_bytes: int = Field(default=8 * _MIB, ge=1)
    """The chunk size of an upload that asks for none. A bucket's pieces have a least
    size of their own."""
    upload_chunk_max_bytes: int = Field(default=64 * _MIB, ge=1)
    """The largest chunk that may be asked for; uploads of more than 10,000 such chunks
    get larger ones."""
    upload_checkpoint_bytes: int = Field(default=64 * _MIB, ge=64 * 1024)
    """After so many bytes of one request a checkpoint is recorded: what a kill of the
    file server may make a tus client send again, at most."""
    upload_checkpoint_seconds: float = Field(default=2.0, gt=0)
    """The same, after so long: a slow sender loses no more than that."""
    upload_slots: int = Field(default=32, ge=1)
    """How many chunks are written at once; others wait their turn."""
    upload_slots_per_upload: int = Field(default=0, ge=0)
    """How many of them may be of one upload; 0: half of them."""
    upload_queue_max: int = Field(default=256, ge=0)
    """How many chunks may wait for their turn; more are answered 429. In a full queue
    the last of whoever has most there makes room for somebody who has less."""
    upload_queue_seconds: float = Field(default=30.0, gt=0)
    """How long a chunk waits for its turn before it is answered 429."""
    upload_patience_seconds: float = Field(default=10.0, gt=0)
    """A sender that brings less than 1 KiB a second for so long, while others wait for
    their turn, loses it."""
    upload_inflight_max: int = Field(default=1024, ge=1)
    """How many chunks may wait or be written, of all uploads; others get 429."""
    upload_inflight_per_upload_max: int = Field(default=64, ge=1)
    """The same of one upload."""
    upload_attempts: int = Field(default=4, ge=1)
    """How often a piece is sent to a bucket that fails in a way that may pass."""
    upload_expiry_seconds: float = Field(default=24 * 3600.0, gt=0)
    """An upload that gets no chunk for so long is ended and its bytes are removed."""
    upload_sweep_seconds: float = Field(default=10.0, gt=0)
    """How often uploads that have expired, or that a crash left sealed, are looked
    for."""
    upload_cors_origins: WordList = ()
    """Web origins whose pages may upload, as a comma list, or `*`."""

    @property
    def per_upload(self) -> int:
        """How many slots one upload may have."""
        return self.upload_slots_per_upload or max(1, self.upload_slots // 2)
