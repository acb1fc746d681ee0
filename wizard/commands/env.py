"""env: what a bug report needs to know of this machine."""

import os
import platform
import re
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

import wizard
from wizard.commands.output_flags import DEFAULT, OutputFlags
from wizard.folders import cache_folder, config_folder, shortened, state_folder
from wizard.formats.image_codec import CODECS
from wizard.formatting import human_bytes
from wizard.machine.cores import usable_cores
from wizard.machine.disks import disk_of
from wizard.machine.memory import usable_memory
from wizard.machine.open_files import open_file_limits
from wizard.output import Output
from wizard.wrapping import wrapped

_VARIABLES = (
    "IMAGENET_SETUP_HOME",
    "IMAGENET_DIR",
    "TERM",
    "LANG",
    "LC_ALL",
    "COLUMNS",
    "NO_COLOR",
    "FORCE_COLOR",
    "VISUAL",
    "EDITOR",
    "SSH_CONNECTION",
    "SLURM_CPUS_ON_NODE",
)
"""Variables that change what this program does; the addresses in SSH_CONNECTION are nobody's business."""
_WIDTH = 80
_NAMES = 13
"""Columns of the names, unless a longer one is there."""


def env(*, flags: OutputFlags = DEFAULT) -> int:
    """Show versions, the machine and folders, for a bug report."""
    output = flags.output()
    facts = _facts(output)
    total = min(_WIDTH, output.columns or _WIDTH)
    for section, entries in facts.items():
        output.result(f"{section.capitalize()}:")
        width = max(_NAMES, *map(len, entries), 0)
        for name, said in entries.items():
            output.result(_entry(name.replace("_", " ") if name.islower() else name, width, said, total))
    output.event("finished", facts | {"exit_code": 0})
    return 0


def _facts(output: Output) -> dict[str, dict[str, Any]]:
    memory, files = usable_memory(), open_file_limits()
    installed, missing = _packages()
    screen = output.console.size
    return {
        "versions": {
            "program": f"imagenet-setup {wizard.__version__} in {shortened(Path(wizard.__file__).parent)}",
            "python": f"{platform.python_version()}, {shortened(Path(sys.executable))}",
            "system": platform.platform(),
            "codecs": CODECS,
            "packages": installed,
            "not_installed": missing,
        },
        "machine": {
            "cores": f"{usable_cores()} usable of {os.cpu_count()}",
            "memory": f"{human_bytes(memory.available)} available of {human_bytes(memory.total)}",
            "open_files": "no limit" if files is None else f"{files[0]:,}, at most {files[1]:,}",
            "terminal": f"{screen.width} × {screen.height}, {output.console.encoding}"
            + ("" if output.interactive else ", not interactive"),
        },
        "folders": {
            "profiles": _folder(config_folder()),
            "cache": _folder(cache_folder()),
            "state": _folder(state_folder()),
            "here": _here(),
        },
        "environment": {
            name: "set" if name == "SSH_CONNECTION" else os.environ[name] for name in _VARIABLES if name in os.environ
        },
    }


def _packages() -> tuple[dict[str, str], list[str]]:
    """Versions of the packages that this program can use, and the names of those that are not installed."""
    installed, missing = {}, []
    for requirement in requires("imagenet-setup") or ():
        if re.search(r"""extra == ['"](test|dev)['"]""", requirement):
            continue
        name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        try:
            installed[name] = version(name)
        except PackageNotFoundError:
            missing.append(name)
    return installed, missing


def _here() -> str:
    try:
        return _folder(Path.cwd())
    except FileNotFoundError:
        return "a folder that is gone"


def _folder(path: Path) -> str:
    try:
        disk = disk_of(path)
    except OSError as error:
        return f"{shortened(path)} ({error.strerror})"
    return f"{shortened(path)} ({disk.kind or 'unknown file system'}, {human_bytes(disk.free)} free)"


def _entry(name: str, width: int, said: object, total: int) -> str:
    """A line of so many columns, or several that are indented; its name takes `width` of them."""
    if isinstance(said, dict):
        said = ", ".join(f"{key}=={value}" for key, value in said.items())
    elif isinstance(said, list):
        said = ", ".join(said) or "none"
    first = f"  {name:<{width}}  "
    return "\n".join(wrapped(f"{first}{said}", total, indent=len(first)))
