"""Two S3 servers to try Waybill with: `waybill up --with-s3`."""

import os
from pathlib import Path

from botocore.exceptions import ClientError

from waybill.demo.objects import Store, seed
from waybill.embedded import Servers

SIDES = ("source", "destination")


def offer(servers: Servers, home: Path) -> Path:
    """Fill the bucket `lake`, make the bucket `partner`, and tell how to get in.

    Returns a file for the shell to read; only its owner can, for it holds credentials.
    Safe to repeat.
    """
    lake = Store(servers.s3["source"], "lake")
    partner = Store(servers.s3["destination"], "partner")
    if not _exists(lake):
        seed(lake, large_key="2026.parquet", size_mb=64, prefix="daily/", count=40)
    if not _exists(partner):
        partner.client().create_bucket(Bucket=partner.bucket)
    lines = [
        f"export WAYBILL_{side.upper()}_{name}={value}"
        for side, server in servers.s3.items()
        for name, value in (
            ("ENDPOINT_URL", server.endpoint),
            ("REGION", server.region),
            ("ACCESS_KEY_ID", server.access_key),
            ("SECRET_ACCESS_KEY", server.secret_key),
        )
    ]
    file = home / "s3.env"
    with os.fdopen(
        os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
    ) as out:
        out.write("\n".join(lines) + "\n")
    return file


def _exists(store: Store) -> bool:
    try:
        store.client().head_bucket(Bucket=store.bucket)
    except ClientError:
        return False
    return True
