"""
The HTTP edge: the protocol's words come in here, and the read models' answers go out.

What it does: `/dataflows` speaks Data Plane Signaling to control planes;
`/management` lists data flows and shows their progress, also as server-sent events;
`/audit` gives the whole history of a flow, as stored; `/healthz`, `/readyz` and
`/metrics` are for whoever runs it.

How: a signal becomes one request on the bus, and the answer is what the commands
handler replies: nothing is decided here and nothing is written. Lists, progress and
history are read from Postgres, and say how far behind the log they are. Every refusal
is a problem document (RFC 9457) with the code of our catalogue; `problems` is the one
table from code to status.

What to know when running it: it starts without broker and database, answers 503 with
`Retry-After` until they are there, and finds them by itself. It keeps nothing: run as
many as you like. The access log has neither bodies nor query strings. `/openapi.json`
describes it all; the page at `/docs` loads its scripts from a public network.
"""
