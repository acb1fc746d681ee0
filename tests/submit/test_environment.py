import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from wizard.submit.environment import Environment, this_environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Slurm is not for Windows")


def with_command(prefix: Path) -> Path:
    (prefix / "bin").mkdir(parents=True)
    command = prefix / "bin" / "imagenet-setup"
    command.write_text("#!/bin/sh\necho this one\n")
    command.chmod(0o755)
    return command


def said_by(environment: Environment) -> str:
    """What the program prints, called as the scripts call it."""
    script = "\n".join([*environment.lines, environment.program])
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, timeout=60).stdout


def test_a_venv_is_activated(tmp_path: Path) -> None:
    prefix = tmp_path / "my venv"
    with_command(prefix)
    (prefix / "pyvenv.cfg").touch()
    (prefix / "bin" / "activate").write_text(f"PATH='{prefix}/bin':$PATH\n")
    environment = this_environment({}, prefix=prefix, argv0="-m")
    assert environment == Environment(lines=(f"source '{prefix}/bin/activate' || exit 1",), program="imagenet-setup")
    assert said_by(environment) == "this one\n"


def test_a_script_ends_where_its_environment_is_missing(tmp_path: Path) -> None:
    with_command(tmp_path)
    (tmp_path / "pyvenv.cfg").touch()
    (tmp_path / "bin" / "activate").touch()
    environment = this_environment({}, prefix=tmp_path, argv0="-m")
    (tmp_path / "bin" / "activate").unlink()
    script = "\n".join([*environment.lines, "echo another one"])
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, ran.stdout) == (1, "")


def test_an_environment_of_conda_is_activated_by_conda(tmp_path: Path) -> None:
    prefix = tmp_path / "conda" / "envs" / "mine"
    with_command(prefix)
    (prefix / "conda-meta").mkdir()
    functions = tmp_path / "conda" / "etc" / "profile.d" / "conda.sh"
    functions.parent.mkdir(parents=True)
    functions.write_text('conda() { PATH="$2/bin:$PATH"; }\n')
    environment = this_environment({"CONDA_EXE": f"{tmp_path}/conda/bin/conda"}, prefix=prefix, argv0="-m")
    assert environment.lines == (f"source {functions} || exit 1", f"conda activate {prefix} || exit 1")
    assert said_by(environment) == "this one\n"


def test_an_environment_of_micromamba_is_activated_by_it(tmp_path: Path) -> None:
    with_command(tmp_path)
    (tmp_path / "conda-meta").mkdir()
    mamba = tmp_path / "micromamba"
    mamba.write_text("#!/bin/sh\necho 'micromamba() { PATH=\"$2/bin:$PATH\"; }'\n")
    mamba.chmod(0o755)
    environment = this_environment({"MAMBA_EXE": str(mamba)}, prefix=tmp_path, argv0="-m")
    assert environment.lines[1] == f"micromamba activate {tmp_path} || exit 1"
    assert said_by(environment) == "this one\n"


def test_an_environment_of_conda_without_conda_is_put_on_the_path(tmp_path: Path) -> None:
    with_command(tmp_path)
    (tmp_path / "conda-meta").mkdir()
    environment = this_environment({}, prefix=tmp_path, argv0="-m")
    assert environment.program == "imagenet-setup"
    assert said_by(environment) == "this one\n"


def test_a_program_outside_any_environment_is_called_by_its_path(tmp_path: Path) -> None:
    command = with_command(tmp_path)
    environment = this_environment({}, prefix=tmp_path / "usr", argv0=str(command))
    assert environment == Environment(lines=(), program=str(command))


def test_a_checkout_is_run_as_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(tmp_path))
    environment = this_environment({}, prefix=tmp_path, argv0="wizard/__main__.py")
    assert environment.program == f"{sys.executable} -m wizard"


def test_variables_that_lead_to_this_program_and_its_files_are_carried_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {"PYTHONPATH": "src", "IMAGENET_SETUP_HOME": "/my home", "HF_TOKEN": "secret"}
    lines = this_environment(environ, prefix=tmp_path, argv0=str(tmp_path / "imagenet-setup")).lines
    assert lines == ("export IMAGENET_SETUP_HOME='/my home'", f"export PYTHONPATH={tmp_path}/src")
