"""The file server beside nginx and tusd: one file, one disk, one client.

What it does: uploads and downloads the same file to and from each server in turn, with
curl as everybody's client, and counts seconds and CPU.

How: `servers` starts nginx out of Debian's package, tusd out of its Go module, and our
file server with its PostgreSQL and NATS; `measures` says what is asked of whom;
`rounds` takes turns; `table` prints and keeps.

What to know when running it: `python -m benchmarks.files`; the file goes to the
temporary directory up to six times. tusd needs Go, and is left out without it.
"""
