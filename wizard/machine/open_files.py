"""How many files a process may have open at a time."""


def open_file_limits() -> tuple[int, int] | None:
    """How many files a process may have open: now, and at most when it asks; None where there is no such limit."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft, hard = (1 << 30 if limit == resource.RLIM_INFINITY else limit for limit in limits)
    return soft, hard
