"""Clients that others made, at a file server that is killed in the middle.

What it does: curl, wget and aria2 download, curl, tuspy and tus-js-client (in a
browser) upload; the server gets SIGKILL while they do, and is started again. The bytes
must be the same, and each chunk recorded once.

How: `served` is the server with its log and its directory, `bodies` the files,
`downloads`, `tus_python` and `tus_browser` the clients, `survival` what must hold.

What to know: `test_clients` does it with little files in every run, and
`tests/crash/test_files_clients.py` with 200 MB each, by `make crash`. What a machine
does not have is fetched into `.tools`: wget and aria2 from Debian, tus-js-client from
npm's registry, with its integrity pinned.
"""
