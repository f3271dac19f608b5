"""The file store: bytes under the hash of what they are, and the uploads to it."""
