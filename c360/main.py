"""The command `c360`."""

from c360.place import open_program


def main() -> None:
    """Run the command that the arguments name."""
    open_program()
    from serving.cli.main import main as run

    run()
