"""What an error means to a person at a terminal: one message, and an exit status."""

from __future__ import annotations

import sys
import traceback

REFUSED = ("GateClosed", "BooksError", "DamageError", "DeliveryError", "NotFoundError")
WRONG_USE = ("ContractError", "SettingsError", "HomeError", "QueryError", "UsageError")


def exit_status(error: Exception) -> int:
    """Say the error on stderr; 1 where a gate closed or nothing was found, 2 for wrong use.

    An error that is none of ours is a fault of the program or the machine: its type and place are shown, but not its
    text, which may quote a row.
    """
    name = type(error).__name__
    if hasattr(error, "format_message"):  # an error of the command line itself
        print(f"c360: {error.format_message()} (see c360 --help)", file=sys.stderr)
        return 2
    if name in REFUSED:
        print(f"c360: {error}", file=sys.stderr)
        return 1
    if name in WRONG_USE:
        print(f"c360: {error}", file=sys.stderr)
        return 2
    if isinstance(error, OSError):
        print(
            f"c360: {error.strerror or name}: {error.filename or 'no file named'}; mend that and run again",
            file=sys.stderr,
        )
        return 1
    place = traceback.extract_tb(error.__traceback__)[-1]
    print(
        f"c360: {name} in {place.name} ({place.filename}, line {place.lineno}); nothing was published", file=sys.stderr
    )
    return 1
