"""
Finished flows, moved from the log to object storage with their proof.

What it does: `moving` writes a flow's export, encrypted with a key of its own, to a
bucket, checks that it can be read back, records that in the log, and deletes the events
of the copying from the tables. `reading` gives them back, so that histories, states of
the past, exports and verification answer as before. `shredding` destroys the key.

How: the events of the flow itself and its callbacks stay, so that commands are
answered as before, and no callback is sent twice; its rows stay in the read models, and
rebuilds carry them over. The digests of all events stay in the notary's seals.

What to know when running it: who reads histories (gateway, command line) needs
the settings `WAYBILL_ARCHIVE_…`, the key file among them. Losing the key file is to
lose all archives.
"""
