"""What an error means to a person at a terminal: one message, and an exit status."""

from __future__ import annotations

import os
import sys
import traceback

from warehouse.errors import C360Error, describe_error

DEBUG = "C360_DEBUG"
"""Environment variable: with 1, the traceback and the text of any error are shown; they may quote a row."""


def exit_status(error: Exception) -> int:
    """Say the error on stderr; 2 for wrong use, 1 for whatever else failed."""
    if hasattr(error, "format_message"):  # an error of the command line itself
        print(f"c360: {error.format_message()} (see c360 --help)", file=sys.stderr)
        return 2
    if os.environ.get(DEBUG) == "1":
        traceback.print_exception(error)
    print(f"c360: {describe_for_terminal(error)}", file=sys.stderr)
    return error.exit_code if isinstance(error, C360Error) else 1


def describe_for_terminal(error: Exception) -> str:
    """Our own errors as written; a fault of the program or the machine by type and place, with what to do."""
    if isinstance(error, C360Error):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.strerror or type(error).__name__}: {error.filename or 'no file named'}; mend that and run again"
    return f"{describe_error(error)}; {DEBUG}=1 shows all of it"
