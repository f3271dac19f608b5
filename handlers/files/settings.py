"""The file server's settings: environment variables with the prefix WAYBILL_."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.access.api_keys import ApiKeys
from handlers.settings import words

KeyList = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(words)]

_GIB = 1024**3


class FilesSettings(BaseSettings):
    """Read once, at the start of the process. Durations in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(
        env_prefix="WAYBILL_",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    files_host: str = "127.0.0.1"
    """The address that the file server listens at; `::` is all, of IPv4 too."""
    files_port: int = Field(default=8082, ge=0, le=65535)
    """The file server's port."""
    files_url: str | None = None
    """Where others reach the file server; empty: where it listens."""

    files_store: Literal["local", "s3"] = "local"
    """Where files are: `local`, in a directory; `s3`, in a bucket."""
    files_directory: Path = Path("waybill-files")
    """The directory of a local store. Its temporary area is in it: one file system."""
    files_bucket: str = ""
    """The bucket of an S3 store, as `bucket` or `bucket/a/prefix/`."""
    files_bucket_endpoint_url: str | None = None
    """Its endpoint, where that is not AWS."""
    files_bucket_region: str = "us-east-1"
    """Its region; `auto` for Cloudflare R2."""
    files_bucket_access_key_id: SecretStr | None = None
    """Its credentials; empty: those of the environment or the machine."""
    files_bucket_secret_access_key: SecretStr | None = None
    """The other half of them."""
    files_bucket_part_bytes: int = Field(default=16 * 1024**2, ge=5 * 1024**2)
    """The parts that a body of unknown length is sent to the bucket in; all but the
    last are of one size, as R2 requires."""

    files_max_bytes: int = Field(default=0, ge=0)
    """The largest file that is taken; 0: any."""
    files_min_free_bytes: int = Field(default=1 * _GIB, ge=0)
    """A local store takes nothing that would leave less room than this."""
    files_delete_strict: bool = False
    """Whether deleting a file that is not there is answered 404 instead of 204."""
    files_reap_seconds: float = Field(default=300.0, gt=0)
    """How often what crashes have left is looked for."""
    files_reap_after_seconds: float = Field(default=3600.0, ge=0)
    """What nobody has written to for so long, and no upload or file has, is removed."""

    upload_keys: KeyList = ()
    """Who may upload: API keys as a comma list of `key` or `key:user`."""
    read_keys: KeyList = ()
    """Who may read files; empty: whoever may upload."""
    delete_keys: KeyList = ()
    """Who may delete files; empty: whoever may upload."""
    authorization: Literal["required", "development"] = "required"
    """`required`: tokens and the operator's key; `development`: everybody is let in."""

    @property
    def url(self) -> str:
        """Where others reach the file server, without a slash at its end."""
        host = f"[{self.files_host}]" if ":" in self.files_host else self.files_host
        return (self.files_url or f"http://{host}:{self.files_port}").rstrip("/")

    def api_keys(self) -> ApiKeys:
        """Whose keys may what. Raises ValueError, which names no key."""
        lists = (self.upload_keys, self.read_keys, self.delete_keys)
        upload, read, delete = (
            [each.get_secret_value() for each in given] for given in lists
        )
        return ApiKeys.read(
            upload, read, delete, open=self.authorization == "development"
        )
