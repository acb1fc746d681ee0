"""Entry point; imports nothing at the top, because every worker process imports this module again."""


def entry() -> None:
    """Runs the command line and ends the process with its exit code."""
    import gc
    import sys

    # Imports make objects by the hundred thousand, which all stay: to look through them again and again for those that
    # could go took a tenth of a start.
    gc.set_threshold(100_000)

    try:
        from wizard.commands import overview

        if overview.is_wanted(sys.argv[1:]):  # at once, without the command line's library
            overview.show()
            raise SystemExit(0)
        from wizard.cli import main
    except KeyboardInterrupt:  # while that is imported: `main` handles all that comes later
        raise SystemExit(130) from None
    raise SystemExit(main())


if __name__ == "__main__":
    entry()
