import errno
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from wizard.errors import MachineError
from wizard.machine import page_cache
from wizard.machine.page_cache import BY_HAND, DropConditions, drop_conditions, drop_page_cache, needs_sudo

USER = DropConditions(
    system="Linux",
    root=False,
    target=Path("/proc/sys/vm/drop_caches"),
    refused=errno.EACCES,
    container="",
    sudo="/usr/bin/sudo",
)
ROOT = replace(USER, root=True, refused=0)

posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no scripts and no root here")


def refused(there: DropConditions) -> MachineError:
    with pytest.raises(MachineError) as caught:
        needs_sudo(there)
    return caught.value


def fake_sudo(tmp_path: Path, script: str) -> str:
    path = tmp_path / "sudo"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_sudo_is_used_only_without_the_right_to_write() -> None:
    assert not needs_sudo(ROOT)
    assert not needs_sudo(replace(ROOT, container="/.dockerenv"))
    assert needs_sudo(USER)
    assert needs_sudo(replace(USER, container="/.dockerenv"))


@pytest.mark.parametrize("root", [True, False])
def test_a_container_that_may_not_write_is_sent_to_its_host(root: bool) -> None:
    error = refused(replace(USER, root=root, refused=errno.EROFS, container="/.dockerenv"))
    assert "drop_caches cannot be written: Read-only file system." in error.what
    assert "a container, going by /.dockerenv" in error.what
    assert error.hint == f"On the host, type: {BY_HAND}"
    assert error.exit_code == 4


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (errno.EACCES, "Permission denied. Root of a user namespace"),
        (errno.EPERM, "Operation not permitted. A rule of this system"),
        (errno.EROFS, "Read-only file system. It is mounted read-only"),
    ],
)
def test_a_refusal_to_root_names_the_file_and_the_reason(number: int, why: str) -> None:
    error = refused(replace(ROOT, refused=number))
    assert f"/proc/sys/vm/drop_caches cannot be written: {why}" in error.what
    assert error.hint.endswith(BY_HAND)


def test_without_root_and_sudo_the_hint_names_an_administrator() -> None:
    error = refused(replace(USER, sudo=None))
    assert "you are not root, and sudo is not installed" in error.what
    assert error.hint == f"Ask an administrator to type: {BY_HAND}"


def test_in_a_container_without_root_and_sudo_the_hint_names_its_root_and_the_host() -> None:
    error = refused(replace(USER, sudo=None, container="$container"))
    assert error.what.endswith("the page cache is its host's, and the container's own root may or may not drop it.")
    assert error.hint == f"Try imagenet-setup free-memory as its root; else, on the host, type: {BY_HAND}"


def test_a_kernel_without_the_file_is_reported() -> None:
    assert "keeps its page cache to itself" in refused(replace(ROOT, refused=errno.ENOENT)).what


@pytest.mark.parametrize(("system", "name", "hint"), [("Darwin", "macOS", "sudo purge"), ("Windows", "Windows", "")])
def test_the_error_on_other_systems_names_their_alternative(system: str, name: str, hint: str) -> None:
    error = refused(replace(USER, system=system))
    assert error.what.endswith(f"this is {name}.")
    assert hint in error.hint


@posix
@pytest.mark.usefixtures("unprivileged")
def test_the_conditions_come_from_opening_the_file(tmp_path: Path) -> None:
    target = tmp_path / "drop_caches"
    assert drop_conditions(target).refused == errno.ENOENT
    target.write_text("0")
    assert drop_conditions(target).refused == 0
    target.chmod(0o400)
    assert drop_conditions(target).refused == errno.EACCES
    assert target.read_text() == "0"


@pytest.mark.skipif(shutil.which("unshare") is None, reason="there is no unshare here")
def test_a_read_only_mount_is_distinguished_from_missing_rights(tmp_path: Path) -> None:
    """As nobody, who may not write the file in any case: only root of the host could help."""
    target = tmp_path / "drop_caches"
    target.touch(0o200)
    tmp_path.chmod(0o755)
    program = f"""
import os
from pathlib import Path
from wizard.machine.page_cache import drop_conditions
target = os.open("{tmp_path}", os.O_PATH)
os.fchdir(target)
os.seteuid(65534)
print(drop_conditions(Path("drop_caches")).refused)
"""
    mount = f'mount --bind {target} {target} && mount -o remount,ro,bind {target} && exec "$@"'
    words = ["unshare", "-m", "sh", "-c", mount, "sh", sys.executable, "-c", program]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    if ran.returncode and "Traceback" not in ran.stderr:
        pytest.skip(f"nothing can be mounted here: {ran.stderr.strip()}")
    assert ran.stdout.strip() == str(errno.EROFS), ran.stderr


def test_a_container_is_known_by_its_files_and_its_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_cache, "_SIGNS", (str(tmp_path / ".dockerenv"),))
    monkeypatch.delenv("container", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert drop_conditions().container == ""
    monkeypatch.setenv("container", "podman")
    assert drop_conditions().container == "$container"
    (tmp_path / ".dockerenv").touch()
    assert drop_conditions().container == str(tmp_path / ".dockerenv")


def test_writing_drops_and_makes_no_file(tmp_path: Path) -> None:
    target = tmp_path / "drop_caches"
    with pytest.raises(MachineError, match="No such file"):
        drop_page_cache(replace(ROOT, target=target))
    target.touch()
    drop_page_cache(replace(ROOT, target=target))
    assert target.read_bytes() == b"1\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_refusal_of_the_write_itself_is_reported() -> None:
    with pytest.raises(MachineError, match="/dev/full cannot be written: No space left on device"):
        drop_page_cache(replace(ROOT, target=Path("/dev/full")))


@posix
@pytest.mark.parametrize(("password", "words"), [(True, "tee"), (False, "-n tee")])
def test_sudo_gets_the_number_and_asks_for_a_password_only_where_it_may(
    tmp_path: Path, password: bool, words: str
) -> None:
    sudo = fake_sudo(tmp_path, f'printf "%s " "$@" > {tmp_path}/words; [ "$1" = -n ] && shift; exec "$@"')
    drop_page_cache(replace(USER, sudo=sudo, target=tmp_path / "drop_caches"), password=password)
    assert (tmp_path / "drop_caches").read_bytes() == b"1\n"
    assert (tmp_path / "words").read_text() == f"{words} {tmp_path / 'drop_caches'} "


@posix
def test_the_error_includes_sudos_own_message(tmp_path: Path) -> None:
    sudo = fake_sudo(tmp_path, "echo sudo: a password is required >&2; exit 1")
    with pytest.raises(MachineError) as caught:
        drop_page_cache(replace(USER, sudo=sudo))
    assert caught.value.what == "sudo did not drop the page cache (exit code 1): sudo: a password is required"
    check = "Check that you may use sudo here (sudo -v)"
    assert caught.value.hint == f"{check}, or ask an administrator to type: {BY_HAND}"
    with pytest.raises(MachineError) as caught:
        drop_page_cache(replace(USER, sudo=sudo, container="/.dockerenv"))
    assert caught.value.hint.endswith(f"or on the host, type: {BY_HAND}")
