"""tuspy, the Python client of the tus project."""

from pathlib import Path

from tusclient.client import TusClient

_TRIES, _PAUSE_SECONDS = 100, 0.1


def upload(endpoint: str, path: Path, chunk_bytes: int | None) -> str:
    """Send it all, chunk by chunk or in one request; returns the upload's URL.

    When the server goes away it asks for the offset, until it is answered.
    """
    options = {} if chunk_bytes is None else {"chunk_size": chunk_bytes}
    with path.open("rb") as file:
        uploader = TusClient(endpoint).uploader(
            file_stream=file,
            retries=_TRIES,
            retry_delay=_PAUSE_SECONDS,
            metadata={"filename": path.name, "filetype": "application/octet-stream"},
            **options,
        )
        uploader.upload()
    return str(uploader.url)
