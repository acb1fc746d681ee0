"""How a script comes to the Python environment that this program runs in, as a person would write it."""

import os
import shlex
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_COMMAND = "imagenet-setup"
_CARRIED = ("IMAGENET_SETUP_HOME", "PYTHONPATH")
"""Variables without which the program would be another one, or would look for its files elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Lines of bash that activate an environment, and the words of bash that then call this program."""

    lines: tuple[str, ...]
    program: str


def this_environment(
    environ: Mapping[str, str] = os.environ, *, prefix: Path | None = None, argv0: str | None = None
) -> Environment:
    """The environment of this process: a venv, one of conda or mamba, or none, with the program by its path.

    Args:
        environ: environment variables.
        prefix: `sys.prefix` unless given.
        argv0: how this program was called; `sys.argv[0]` unless given.
    """
    prefix = Path(sys.prefix) if prefix is None else prefix
    activating = _activation(environ, prefix)
    carried = [f"export {name}={shlex.quote(_absolute(name, environ[name]))}" for name in _CARRIED if environ.get(name)]
    return Environment(
        lines=(*activating, *carried),
        program=_program(Path(sys.argv[0] if argv0 is None else argv0), prefix, is_activated=bool(activating)),
    )


def _activation(environ: Mapping[str, str], prefix: Path) -> tuple[str, ...]:
    activate = prefix / "bin" / "activate"
    if (prefix / "pyvenv.cfg").is_file() and activate.is_file():
        return (f"source {shlex.quote(str(activate))} || exit 1",)
    if not (prefix / "conda-meta").is_dir():
        return ()
    name = shlex.quote(str(prefix))
    if conda := environ.get("CONDA_EXE"):
        functions = Path(conda).parent.parent / "etc/profile.d/conda.sh"
        if functions.is_file():
            return f"source {shlex.quote(str(functions))} || exit 1", f"conda activate {name} || exit 1"
    if mamba := environ.get("MAMBA_EXE"):
        return (
            f'eval "$({shlex.quote(mamba)} shell hook --shell bash)"',
            f"{Path(mamba).name} activate {name} || exit 1",
        )
    return (f'export PATH={shlex.quote(str(prefix / "bin"))}:"$PATH"',)


def _program(argv0: Path, prefix: Path, *, is_activated: bool) -> str:
    scripts = prefix / "bin" if is_activated else Path(sysconfig.get_path("scripts"))
    if argv0.name != _COMMAND and not (scripts / _COMMAND).is_file():
        # From a checkout, by python -m wizard.
        return "python -m wizard" if is_activated else f"{shlex.quote(sys.executable)} -m wizard"
    called = argv0.absolute() if argv0.name == _COMMAND else scripts / _COMMAND
    if is_activated and called.parent == scripts:
        return _COMMAND
    return shlex.quote(str(called))


def _absolute(name: str, value: str) -> str:
    """The folders of a variable; an empty one is the current folder, as Python has it."""
    folders = value.split(os.pathsep) if name == "PYTHONPATH" else [value]
    return os.pathsep.join(str(Path(folder).expanduser().absolute()) for folder in folders)
