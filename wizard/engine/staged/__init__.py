"""Building from a source that wants to be read once and in order: finished images are spilled, then put together."""
