"""Engines: where shards are built, by the names that `run.engine` has. The next one is a module, and a line here."""

ENGINES = {
    "local": "wizard.engine.executors.local_engine",
    "dask": "wizard.engine.dask.open",
}
"""The module of each, which has `open_engine`; imported only where a profile asks for it."""


def engine_names() -> tuple[str, ...]:
    """The values of `run.engine`."""
    return tuple(ENGINES)
