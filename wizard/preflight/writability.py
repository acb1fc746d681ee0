"""Tries to write to a folder, and explains why that fails and how to fix it; leaves nothing behind."""

import errno
import os
import shlex
import tempfile
from pathlib import Path

from wizard.folders import existing

_ALL_OF_OWNER = 0o700


def why_not_writable(output: Path) -> tuple[str, str]:
    """Why files cannot be created at the output, and how to fix it; empty if they can."""
    place = existing(output)
    try:
        with tempfile.TemporaryDirectory(prefix=".imagenet-setup-", dir=place) as folder:
            trial = Path(folder) / "a"
            trial.write_bytes(b"a")
            trial.replace(Path(folder) / "b")
    except OSError as error:
        return _reason(place, output, error)
    return "", ""


def _reason(place: Path, output: Path, error: OSError) -> tuple[str, str]:
    if not place.is_dir():
        return f"{place} is a file, not a folder", "Move it away"
    quoted = shlex.quote(str(place))
    if error.errno == errno.EROFS:
        return f"{place} is mounted read-only", f"Mount it writable (mount -o remount,rw on the mount of {quoted})"
    if error.errno == errno.ENOSPC:
        return f"{place} has no room for another file ({error.strerror})", "Make room there"
    if error.errno in (errno.EACCES, errno.EPERM) and hasattr(os, "geteuid"):
        owner, me, mode = place.stat().st_uid, os.geteuid(), place.stat().st_mode & 0o777
        if owner == me:
            yours = f"{place} is yours and yet may not be written (mode {mode:o})"
            if mode & _ALL_OF_OWNER != _ALL_OF_OWNER:
                return yours, f"chmod u+rwx {quoted}"
            return yours, f"See whether it is immutable (lsattr -d {quoted}) or a network folder with rules of its own"
        make = f"sudo chown {me} {quoted}" if place == output else f"sudo install -d -o {me} {shlex.quote(str(output))}"
        return f"{place} belongs to {_user(owner)} and you are {_user(me)}", make
    return f"{place} cannot be written: {error.strerror}", "Fix that"


def _user(uid: int) -> str:
    try:
        import pwd

        return pwd.getpwuid(uid).pw_name
    except (ImportError, KeyError):
        return f"user {uid}"
