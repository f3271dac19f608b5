"""Resumable uploads to the file store: numbered chunks, and tus, on one journal.

What it does: `chunks` and `tus` are the two protocols' routes; both speak to `Uploads`
(service), which cuts what comes into pieces (`arriving`), has each admitted in its turn
(`admission`, by `domain.upload.fairness`), stores and records it, and then says so.

How: a journal per upload (`journals`) is the truth of what is there. In this process
`holds` sees to it that nobody completes, ends or goes on with an upload while somebody
else writes to it; between processes the store's own locks and the journal's versions
do. A completion is sealed before it is carried out, so that it can be gone on with.

What to know when running it: `rows` follows the log into the table of uploads that are
not finished; `expiry` ends those that nobody came back to, and finishes those that a
crash left sealed. One process does that at a time, any other takes over.
"""
