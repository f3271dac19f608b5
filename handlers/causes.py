"""What really went wrong, in the bundle that a task group raises."""

from eventsourcing.persistence import PersistenceError
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from domain.errors import FencedError

# Says nothing of what was asked for: to be tried again, however often it was.
DATABASE_DOWN = (OperationalError, PersistenceError, PoolTimeout)


def first_cause(error: BaseException) -> BaseException:
    """The first cause; a fence before everything else, for it settles the rest."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    causes = [first_cause(each) for each in error.exceptions]
    return next((each for each in causes if isinstance(each, FencedError)), causes[0])
