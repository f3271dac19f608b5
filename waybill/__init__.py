"""The front door: the command line, the typed client, and the embedded stack.

`waybill up` starts real PostgreSQL and NATS from installed packages and all of
Waybill's processes; one Ctrl-C drains and stops them. `waybill copy` moves data between
S3 locations and shows how far it is; `waybill flows` and `waybill history` look at what
was and is going on. Everything goes through the gateway's HTTP interface, like any
other control plane; only `up` and `demo` start processes.
"""
