"""
The notary: it seals the log, page by page, so that nobody can change it unnoticed.

What it does: follows the log, and signs for each page of up to 500 events which events
it holds, where each stands, and which page came before. The seals are rows of the
schema `notary`, and go to the JetStream stream WITNESS as well.

How: `domain.notary` says what is signed and what makes a chain; here are the key file,
the rows, the publishing, and the reading of a log for whoever checks it.

What to know when running it: the private key is in the file of
`WAYBILL_NOTARY_KEY_FILE` and nowhere else. Tell others the key's id by another way than
the plane itself: with it they can tell a chain of ours from one that is made up.
docs/proof.md is the format, for those who write a verifier of their own.
"""
