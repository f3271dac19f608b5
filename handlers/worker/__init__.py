"""Takes segments from the queue and carries them out.

A segment is leased by an event at its journal's version. What the journal holds is not
done again; what a crash may have left at the storage unrecorded is looked for there and
adopted when it can be proven, before anything is sent.
"""
