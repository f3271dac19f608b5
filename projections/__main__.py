"""`python -m projections run | rebuild NAME | rebuild --all | positions`."""

import argparse
import asyncio

from domain import log_lines
from projections.catalogue import READ_MODELS
from projections.positions import positions_report
from projections.rebuild import rebuild
from projections.runner import run
from projections.settings import Settings


def main() -> None:
    """Do what the arguments say."""
    arguments = _parser().parse_args()
    settings = Settings()
    log_lines.configure(settings.log_format, settings.log_level)
    match arguments.verb:
        case "rebuild":
            names = list(READ_MODELS) if arguments.all else [arguments.name]
            asyncio.run(rebuild(settings.database_url, names))
        case "positions":
            print(asyncio.run(positions_report(settings.database_url)))  # noqa: T201
        case _:
            asyncio.run(run(settings))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m projections", description=__doc__)
    verbs = parser.add_subparsers(dest="verb")
    verbs.add_parser("run", help="keep all read models up to date (the default)")
    verbs.add_parser("positions", help="how far each read model is")
    again = verbs.add_parser("rebuild", help="make a read model again from the log")
    which = again.add_mutually_exclusive_group(required=True)
    which.add_argument("name", nargs="?", choices=list(READ_MODELS))
    which.add_argument("--all", action="store_true")
    return parser


if __name__ == "__main__":
    main()
