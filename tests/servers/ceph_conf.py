"""The configuration of one small Ceph: a monitor, an OSD on a file, a gateway."""

from dataclasses import dataclass
from pathlib import Path

# Of the port P: the gateway's, its port for TLS, the monitor's, the OSD's.
TLS, MONITOR, OSD = 1, 2, 3
OSD_PORTS = 12


@dataclass(frozen=True)
class Layout:
    """Where one instance has its things, and how large it may grow."""

    home: Path
    libraries: Path
    port: int
    cluster: str
    size_bytes: int
    with_tls: bool

    def text(self) -> str:
        """Return the file's text."""
        sections: dict[str, dict[str, object]] = {
            "global": self._all(),
            "mon.a": {"mon_data": self.home / "mon"},
            "osd.0": self._osd(),
            "client.rgw": self._gateway(),
        }
        return "".join(
            f"[{name}]\n" + "".join(f"{key} = {said}\n" for key, said in told.items())
            for name, told in sections.items()
        )

    def _all(self) -> dict[str, object]:
        home, first = self.home, self.port + OSD
        return {
            "fsid": self.cluster,
            "mon_host": f"v2:127.0.0.1:{self.port + MONITOR}",
            "mon_initial_members": "a",
            "public_addr": "127.0.0.1",
            "cluster_addr": "127.0.0.1",
            "ms_bind_ipv6": "false",
            "ms_bind_msgr1": "false",
            "ms_bind_port_min": first,
            "ms_bind_port_max": first + OSD_PORTS,
            "keyring": home / "keyring",
            "run_dir": home / "run",
            "crash_dir": home / "run",
            "admin_socket": "",
            "log_file": home / "$name.log",
            "plugin_dir": self.libraries / "ceph",
            "erasure_code_dir": self.libraries / "ceph" / "erasure-code",
            "osd_class_dir": self.libraries / "rados-classes",
            # One copy of everything, on the one OSD.
            "osd_pool_default_size": 1,
            "osd_pool_default_min_size": 1,
            "osd_pool_default_pg_num": 8,
            "osd_pool_default_pgp_num": 8,
            "osd_pool_default_pg_autoscale_mode": "off",
            "osd_crush_chooseleaf_type": 0,
            "mon_allow_pool_size_one": "true",
            "mon_max_pg_per_osd": 5000,
            # A disk that is nearly full of other things is no reason to stop.
            "mon_data_avail_crit": 1,
            "mon_data_avail_warn": 2,
            "auth_allow_insecure_global_id_reclaim": "false",
            # Nobody to agree with: propose at once.
            "paxos_propose_interval": 0.02,
            "paxos_min_wait": 0.01,
        }

    def _osd(self) -> dict[str, object]:
        return {
            "osd_data": self.home / "osd",
            "osd_objectstore": "bluestore",
            "osd_memory_target": 1 << 30,
            "osd_fast_shutdown_notify_mon": "false",
            # A sparse file: it takes as much of the disk as was ever in use at once.
            "bluestore_block_size": self.size_bytes,
        }

    def _gateway(self) -> dict[str, object]:
        listens = f"beast endpoint=127.0.0.1:{self.port}"
        if self.with_tls:
            listens += (
                f" ssl_endpoint=127.0.0.1:{self.port + TLS}"
                f" ssl_certificate={self.home / 'certificate.pem'}"
                f" ssl_private_key={self.home / 'key.pem'}"
            )
        return {
            "rgw_data": self.home / "rgw",
            "rgw_frontends": listens,
            "rgw_thread_pool_size": 128,
            "rgw_rados_pool_pg_num_min": 8,
            # What was deleted is freed when somebody asks for it: see `Ceph.tidy`.
            "rgw_enable_gc_threads": "false",
            "rgw_gc_obj_min_wait": 0,
            "debug_rgw": 0,
        }
