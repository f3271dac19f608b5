"""Where the file server is, and the key that this plane's own flows come with."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_DEFAULT_URL = "http://127.0.0.1:8082"


class FileEndSettings(BaseSettings):
    """Read once, where an executor is made."""

    model_config = SettingsConfigDict(
        env_prefix="WAYBILL_",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    files_url: str | None = None
    """Where others reach the file server; empty: where it listens."""
    files_key: SecretStr | None = None
    """The API key of data flows that read and write files: one that may upload, read
    and delete."""

    @property
    def url(self) -> str:
        """The server's, without a slash at its end."""
        return (self.files_url or _DEFAULT_URL).rstrip("/")
