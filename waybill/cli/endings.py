"""How a command ends that cannot go on: a sentence, and an exit code, in one place."""

import os
import sys
from typing import Any

from rich.markup import escape
from typer.core import TyperGroup

from waybill.cli.consoles import errors
from waybill.connection import ApiError, BadInputError

FAILED, USAGE, UNREACHABLE = 1, 2, 3


class Commands(TyperGroup):
    """All commands; what one of them raises is told as its user understands it."""

    def main(self, *words: Any, **how: Any) -> Any:  # noqa: ANN401 - as typer has it
        """Raises SystemExit; what nobody foresaw goes on as it is."""
        try:
            return super().main(*words, **how)
        except ApiError as error:
            raise _refused(error) from None
        except BadInputError as error:
            raise _ended(str(error), USAGE) from None
        except (ConnectionError, TimeoutError):
            # Of a server that is none of ours, or a reader that has seen enough.
            raise
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            told = f"{_unwritten()}{where}{error.strerror or error}"
            raise _ended(told, USAGE) from None


def _refused(error: ApiError) -> SystemExit:
    if error.code == "plane.unreachable":
        return _ended(f"{error}\nStart one with `waybill up`.", UNREACHABLE)
    return _ended(str(error), FAILED)


def _ended(told: str, code: int) -> SystemExit:
    errors.print(f"[red]{escape(told)}[/red]", highlight=False)
    return SystemExit(code)


def _unwritten() -> str:
    """Whether it is the standard output that takes no more; then nothing is tried."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        return "the standard output: "
    return ""
