"""Users' tasks: begun as data flows, or told to others, and followed to the end."""
