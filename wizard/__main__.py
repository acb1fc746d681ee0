"""Entry point; imports nothing at the top, because every worker process imports this module again."""


def entry() -> None:
    """Runs the command line and ends the process with its exit code."""
    from wizard.cli import main

    raise SystemExit(main())


if __name__ == "__main__":
    entry()
