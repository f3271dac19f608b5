"""
What is signed of the log, and how to tell whether a log is what was signed.

Each event has a digest. A seal names the events of one page, by position and digest,
and the seal before it; a key statement hands over from one key to the next. `Checker`
follows a chain of seals beside the events, and names the first position at which the
two disagree, and in what way. Nothing here reads, signs or asks for the time.
"""
