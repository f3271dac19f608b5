"""tus-js-client, which Uppy uploads with, in a browser without a window.

Its browser build comes from npm's registry once, as the one tarball whose integrity is
pinned here, and is kept below `.tools`; nothing of it is installed or built.
"""

import base64
import hashlib
import io
import tarfile
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from playwright.async_api import Page, async_playwright

from tests.servers.chromium import chromium

VERSION: Final = "4.3.1"
# As the registry tells it: the SHA-512 of the tarball, in base 64.
INTEGRITY: Final = (
    "ZLeYmjrkaU1fUsKbIi8JML52uAocjEZtBx4DKjRrqzrZa0O4MYwT6db+oqePlspV"
    "+FxXJAyFBc/L5gwUi2OFsg=="
)
_URL: Final = f"https://registry.npmjs.org/tus-js-client/-/tus-js-client-{VERSION}.tgz"
_MEMBER: Final = "package/dist/tus.min.js"
_KEPT: Final = (
    Path(__file__).resolve().parents[3] / ".tools" / f"tus-js-client-{VERSION}.min.js"
)
_PATIENCE_MS: Final = 120_000
_UPLOAD: Final = """
([endpoint, chunkSize]) => new Promise((resolve, reject) => {
  const file = document.querySelector("#file").files[0];
  const upload = new tus.Upload(file, {
    endpoint,
    chunkSize: chunkSize || Infinity,
    retryDelays: Array(100).fill(100),
    metadata: {filename: file.name, filetype: "application/octet-stream"},
    onError: (error) => reject(error),
    onSuccess: () => resolve(upload.url),
  });
  upload.start();
})
"""


def client_script() -> Path:
    """The client, fetched where it is not there. Raises AssertionError."""
    if not _KEPT.exists():
        with urllib.request.urlopen(_URL, timeout=60) as reply:
            packed: bytes = reply.read()
        found = base64.b64encode(hashlib.sha512(packed).digest()).decode()
        assert found == INTEGRITY, f"{_URL} is not the one that is pinned"
        with tarfile.open(fileobj=io.BytesIO(packed)) as members:
            member = members.extractfile(_MEMBER)
            assert member is not None, f"{_URL} has no {_MEMBER}"
            _KEPT.parent.mkdir(parents=True, exist_ok=True)
            fresh = _KEPT.with_suffix(".new")
            fresh.write_bytes(member.read())
        fresh.rename(_KEPT)
    return _KEPT


@asynccontextmanager
async def page_at(url: str) -> AsyncIterator[Page]:
    """A page of this origin that has the client."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            context = await browser.new_context(bypass_csp=True)
            context.set_default_timeout(_PATIENCE_MS)
            await context.add_init_script(path=client_script())
            page = await context.new_page()
            await page.goto(f"{url}/healthz")
            yield page
        finally:
            await browser.close()


async def upload(page: Page, endpoint: str, path: Path, chunk_bytes: int | None) -> str:
    """Choose the file, as a person would, and send it; returns the upload's URL."""
    await page.set_content('<input type="file" id="file">')
    await page.set_input_files("#file", path)
    return str(await page.evaluate(_UPLOAD, [endpoint, chunk_bytes]))
