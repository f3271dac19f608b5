"""Who may speak of whose tasks."""

from dataclasses import dataclass

from domain.access.api_keys import ApiKeys, presented
from domain.errors import AccessError
from handlers.access.asked import Asked
from handlers.access.gate import Gate


@dataclass(frozen=True)
class Who:
    """The actor beside the events; `user_id` None: an operator, who may all."""

    actor: str
    user_id: str | None = None


@dataclass(frozen=True)
class TaskAccess:
    """Operators by their key, users by an API key; in development everybody."""

    gate: Gate
    keys: ApiKeys

    def operator(self, asked: Asked) -> Who:
        """Raises AccessError for who is none."""
        return Who(self.gate.operator(asked))

    def user(self, asked: Asked, user_id: str | None) -> Who:
        """An operator, or the user whose key it is, where a user is spoken of.

        Raises AccessError.
        """
        try:
            return self.operator(asked)
        except AccessError:
            if user_id is None:
                raise
        # Its own code: what is missing or wrong is a user's key.
        user = self.keys.user(presented({"Authorization": asked.authorization}))
        return Who(f"user:{user}", user)
