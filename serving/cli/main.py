"""The `c360` command: results on stdout, messages on stderr.

Exit status 0: done; 1: a gate closed or nothing was found; 2: wrong use.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from serving.terminal import ReaderGoneError, visible_streams
from warehouse.errors import C360Error, describe_error, without_panic
from warehouse.scratch import sweep_scratch

SECTIONS: Mapping[str, Mapping[str, str]] = {
    "Your data": {"init": "draft", "draft": "draft", "check": "check", "schemas": "check"},
    "The night": {
        "run": "run", "status": "report", "report": "report", "quarantine": "quarantine", "replay": "quarantine",
    },
    "Questions": {"sql": "ask", "ask": "ask", "show": "ask"},
    "Who is who": {
        "explain": "identity", "review": "identity", "link": "identity", "unlink": "identity", "split": "identity",
        "withdraw": "identity", "decisions": "identity", "learn": "identity",
        "resolve": "resolve", "evaluate": "resolve",
    },
    "What goes out": {"labels": "features", "features": "features", "feature": "features", "export": "export"},
    "Generations": {
        "generations": "generations", "verify": "generations", "rollback": "generations", "diff": "generations",
    },
}  # fmt: skip
"""Each command by the section of the help, and the module beside this one whose `commands` hold it."""
COMMANDS = {name: module for section in SECTIONS.values() for name, module in section.items()}


DEBUG = "C360_DEBUG"
"""Environment variable: with 1, the traceback and the text of any error are shown; they may quote a row."""


class Commands(TyperGroup):
    """Commands whose modules are imported when they are asked for: what one needs, another does not wait for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name; a module that has none of the name is a group of commands itself."""
        if cmd_name not in COMMANDS:
            return None
        group = get_group(import_module(f"serving.cli.{COMMANDS[cmd_name]}").commands)
        return group.commands.get(cmd_name, group)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the arguments begin with; of one that there is not, those of nearly its name are said."""
        name = args[0] if args else ""
        if name not in COMMANDS and (near := get_close_matches(name, COMMANDS, 3)):
            ctx.fail(f"No such command {name!r}; did you mean {' or '.join(near)}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands in the help, section by section."""
        for title, section in SECTIONS.items():
            with formatter.section(title):
                found = {name: self.get_command(ctx, name) for name in section}
                formatter.write_dl([(name, command.get_short_help_str(300)) for name, command in found.items()])


app = typer.Typer(
    cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip


def say_version(is_asked: bool) -> None:
    """Say which version this is, and end."""
    if is_asked:
        typer.echo(version("customer-360"))
        raise typer.Exit


@app.callback()
def c360(
    version: Annotated[
        bool, typer.Option("--version", callback=say_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """One customer_profile table from transactions, social activity and support logs, every night."""


def main() -> None:
    """Run the command; an error of ours becomes one message and an exit status, never a traceback."""
    os.umask(0o077)  # whatever a command writes may hold customers' data
    sweep_scratch()
    with visible_streams():
        sys.exit(run_command())


def run_command() -> int:
    """Run the command that the arguments name; gives its exit status."""
    try:
        with without_panic():
            status = app(
                standalone_mode=False, prog_name="c360"
            )  # what a command's typer.Exit says comes back as a number
        sys.stdout.flush()  # here, where it can still be said that the disk is full or the reader gone
        return status if isinstance(status, int) else 0
    except KeyboardInterrupt:
        return 130
    except ReaderGoneError:
        # The reader (head, less) has gone; nothing is wrong. What still waits to be written goes nowhere.
        for stream in (sys.stdout, sys.stderr):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return 0
    except Exception as error:
        return exit_status(error)


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
        return f"{error.strerror or type(error).__name__}: {error.filename or 'no file named'}; fix that and run again"
    return f"{describe_error(error)}; {DEBUG}=1 shows all of it"
