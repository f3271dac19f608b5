"""What can go wrong when a server is started here; each says what to do about it."""


class EmbeddedServerError(Exception):
    """An embedded server could not do what was asked."""


class ServerStartError(EmbeddedServerError):
    """The server did not become ready."""

    def __init__(self, name: str, reason: str, log_tail: str) -> None:
        """Keep the reason and show the end of the server's own log."""
        super().__init__(f"{name} {reason}\n--- end of its log ---\n{log_tail}")
        self.name = name
        self.reason = reason
        self.log_tail = log_tail


class HomeInUseError(EmbeddedServerError):
    """Another live server holds this home."""


class PortInUseError(EmbeddedServerError):
    """The port that was asked for belongs to somebody else."""


class MissingProgramError(EmbeddedServerError):
    """A program that the server needs is not installed and could not be fetched."""


class UnsuitableHomeError(EmbeddedServerError):
    """The file system or the permissions of the home do not fit the server."""
