"""The machine's page cache: whether and how this process can drop it.

/proc/sys/vm/drop_caches: Documentation/admin-guide/sysctl/vm.rst of the Linux kernel.
"""

import errno
import os
import platform
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wizard.errors import MachineError

DROP_CACHES = Path("/proc/sys/vm/drop_caches")
"""Root writes a number to it; 1 drops clean pages of files that no program has mapped."""
BY_HAND = f"sync && echo 1 | sudo tee {DROP_CACHES}"
_SIGNS = ("/.dockerenv", "/run/.containerenv", "/run/systemd/container")
"""Files that Docker, Podman and systemd create in a container."""
_ELSEWHERE = {
    "Darwin": ("macOS", "sudo purge does the same there"),
    "Windows": ("Windows", "It gives its cache back by itself when programs ask for memory"),
}


@dataclass(frozen=True, kw_only=True)
class DropConditions:
    """What determines whether and how the page cache can be dropped.

    Attributes:
        system: as `platform.system` calls it.
        target: the file to write to.
        refused: errno of opening it for writing; 0 if that works.
        container: what shows that this is a container; empty if nothing does.
    """

    system: str
    root: bool
    target: Path
    refused: int
    container: str
    sudo: str | None


def drop_conditions(target: Path = DROP_CACHES) -> DropConditions:
    """The conditions for this process on this machine."""
    return DropConditions(
        system=platform.system(),
        root=hasattr(os, "geteuid") and os.geteuid() == 0,
        target=target,
        refused=_refused(target),
        container=_container(),
        sudo=shutil.which("sudo"),
    )


def needs_sudo(there: DropConditions) -> bool:
    """Whether the page cache can be dropped only through sudo, not by writing to the file.

    Raises:
        MachineError: it cannot be dropped from here; says what to do instead.
    """
    if there.system != "Linux":
        name, instead = _ELSEWHERE.get(there.system, (there.system, ""))
        raise MachineError(f"Dropping the page cache is for Linux, and this is {name}.", instead)
    if not there.refused:
        return False
    if there.root or there.refused not in (errno.EACCES, errno.EPERM):
        raise _why_not_dropped(there, there.refused)
    if there.sudo is None:
        what = "Dropping the page cache needs root; you are not root, and sudo is not installed."
        if not there.container:
            raise MachineError(what, f"Ask an administrator to type: {BY_HAND}")
        raise MachineError(
            f"{what} This is a container, going by {there.container}: the page cache is its host's, and the "
            "container's own root may or may not drop it.",
            f"Try imagenet-setup free-memory as its root; else, on the host, type: {BY_HAND}",
        )
    return True


def _why_not_dropped(there: DropConditions, number: int) -> MachineError:
    """The error for an errno that the system refuses with, and the likely reason."""
    what = f"{there.target} cannot be written: {os.strerror(number)}."
    if there.container:
        whose = f"This is a container, going by {there.container}: the page cache is its host's, and is dropped there."
        return MachineError(f"{what} {whose}", f"On the host, type: {BY_HAND}")
    if number == errno.ENOENT:
        return MachineError(f"{what} This system keeps its page cache to itself.")
    why = {
        errno.EROFS: " It is mounted read-only, as in a container or in a service that is shielded.",
        errno.EACCES: " Root of a user namespace, as in a rootless container, is not the machine's root.",
        errno.EPERM: " A rule of this system (seccomp, SELinux, AppArmor) forbids it even to root.",
    }.get(number, "")
    return MachineError(f"{what}{why}", f"As the machine's own root, outside of any container, type: {BY_HAND}")


def drop_page_cache(there: DropConditions, *, password: bool = False) -> None:
    """Drops the page cache. Only pages that are on disk already are dropped, so call sync before.

    With `password`, sudo may ask for one on the terminal; this program never sees it.

    Raises:
        MachineError: as for `needs_sudo`, or the system refuses.
    """
    if needs_sudo(there):
        _drop_with_sudo(there, password)
        return
    try:
        place = os.open(there.target, os.O_WRONLY)
        try:
            os.write(place, b"1\n")  # 2 and 3 would drop directory entries and inodes too, which takes long to undo
        finally:
            os.close(place)
    except OSError as error:
        raise _why_not_dropped(there, error.errno or errno.EIO) from error


def _drop_with_sudo(there: DropConditions, password: bool) -> None:
    # tee, because a redirection would be done by this process, without sudo's rights.
    words = [there.sudo or "sudo", *([] if password else ["-n"]), "tee", str(there.target)]
    stderr = None if password else subprocess.PIPE
    ended = subprocess.run(words, input=b"1\n", stdout=subprocess.DEVNULL, stderr=stderr, check=False)
    if ended.returncode == 0:
        return
    output = (ended.stderr or b"").decode(errors="backslashreplace").strip()
    what = f"sudo did not drop the page cache (exit code {ended.returncode}){f': {output}' if output else '.'}"
    elsewhere = "on the host, type" if there.container else "ask an administrator to type"
    raise MachineError(what, f"Check that you may use sudo here (sudo -v), or {elsewhere}: {BY_HAND}")


def _refused(target: Path) -> int:
    """Errno of opening it for writing. That it is mounted read-only is checked first, as EACCES would hide it."""
    with suppress(OSError, AttributeError):
        if os.statvfs(target).f_flag & os.ST_RDONLY:
            return errno.EROFS
    try:
        os.close(os.open(target, os.O_WRONLY))
    except OSError as error:
        return error.errno or errno.EIO
    return 0


def _container() -> str:
    for sign in _SIGNS:
        if Path(sign).exists():
            return sign
    return next((f"${name}" for name in ("container", "KUBERNETES_SERVICE_HOST") if os.environ.get(name)), "")
