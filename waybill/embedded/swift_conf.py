"""
Swift's configuration files, as text.

One device, one replica, no replicators or updaters. Time limits inside the server are
long and failing nodes are never set aside: there is only one node, so a slow answer
must stay a slow answer instead of becoming a 503 or an object missing from a listing.
`workers = 0` means that each server is one process.
"""

from dataclasses import dataclass
from pathlib import Path

REGION = "us-east-1"
DEVICE = "d1"

CLUSTER = """\
[swift-hash]
swift_hash_path_prefix = waybill
swift_hash_path_suffix = waybill
[storage-policy:0]
name = default
default = yes
"""

_DEFAULTS = """\
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {directory}
devices = {devices}
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
log_level = WARNING
log_address = /nonexistent
conn_timeout = 10
node_timeout = 120
client_timeout = 300
container_update_timeout = 120
"""

_STORAGE = """\
[pipeline:main]
pipeline = healthcheck {server}-server
[filter:healthcheck]
use = egg:swift#healthcheck
[app:{server}-server]
use = egg:swift#{server}
conn_timeout = 10
node_timeout = 120
container_update_timeout = 120
mb_per_sync = 1024
network_chunk_size = 1048576
disk_chunk_size = 1048576
"""

_FILTERS = {
    "catch_errors": {},
    "gatekeeper": {},
    "healthcheck": {},
    "listing_formats": {},
    "bulk": {},
    "s3api": {"location": REGION, "max_upload_part_num": "10000"},
    "tempauth": {},
    "copy": {},
    "slo": {"max_manifest_segments": "10000", "max_manifest_size": "16777216"},
    "dlo": {},
    "versioned_writes": {
        "allow_versioned_writes": "true",
        "allow_object_versioning": "true",
    },
    "symlink": {},
}

_PROXY_APP = """\
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
conn_timeout = 10
node_timeout = 120
recoverable_node_timeout = 120
error_suppression_limit = 1000000
error_suppression_interval = 1
object_chunk_size = 1048576
client_chunk_size = 1048576
"""


@dataclass(frozen=True)
class Layout:
    """What every configuration file of one instance has in common."""

    directory: Path
    devices: Path
    user: str

    def storage(self, server: str, port: int) -> str:
        """Return the file of an account, container or object server."""
        return self._defaults(port) + _STORAGE.format(server=server)

    def proxy(self, port: int, access_key: str, secret_key: str) -> str:
        """Return the file of the proxy, which speaks S3 to that one user."""
        user = f"user_{access_key.replace(':', '_')}"
        filters = {**_FILTERS, "tempauth": {user: f"{secret_key} .admin"}}
        lines = ["[pipeline:main]", f"pipeline = {' '.join(filters)} proxy-server"]
        for name, options in filters.items():
            lines += [f"[filter:{name}]", f"use = egg:swift#{name}"]
            lines += [f"{key} = {value}" for key, value in options.items()]
        return self._defaults(port) + "\n".join(lines) + "\n" + _PROXY_APP

    def _defaults(self, port: int) -> str:
        return _DEFAULTS.format(
            port=port, user=self.user, directory=self.directory, devices=self.devices
        )
