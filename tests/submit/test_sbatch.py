from pathlib import Path

import pytest

from tests.submit.conftest import Cluster
from wizard.errors import MachineError
from wizard.submit.prepare import Prepared
from wizard.submit.sbatch import Submitted, sbatch_is_here, submit
from wizard.submit.slurm import SlurmBuild


@pytest.fixture
def scripts(slurm_build: SlurmBuild) -> Prepared:
    folder = slurm_build.folder
    return Prepared(build=slurm_build, scripts=((folder / "build.sh", ""), (folder / "verify.sh", "")), why=())


@pytest.mark.parametrize("printed", ["42", "42;east", "a site's own greeting\n42"])
def test_the_verification_waits_for_the_array(cluster: Cluster, scripts: Prepared, printed: str) -> None:
    cluster.has("sbatch", f"print({printed!r})")
    assert submit(scripts) == Submitted(array="42", verify="42")
    (build, _), (verify, _) = scripts.scripts
    assert cluster.calls == [
        ["sbatch", "--parsable", str(build)],
        ["sbatch", "--parsable", "--dependency=afterany:42", str(verify)],
    ]


def test_a_job_whose_number_is_not_printed_can_be_looked_for(cluster: Cluster, scripts: Prepared) -> None:
    cluster.has("sbatch", "print()")
    with pytest.raises(MachineError, match=r"did not print the job's number") as caught:
        submit(scripts)
    assert caught.value.hint == "Look for the job with: squeue --me"


def test_what_slurm_refuses_is_said_in_its_words(cluster: Cluster, scripts: Prepared) -> None:
    cluster.has("sbatch", "sys.exit('sbatch: error: invalid partition: nope\\nsbatch: error: Not submitted')")
    with pytest.raises(MachineError, match=r"build\.sh: invalid partition: nope; Not submitted\.\n"):
        submit(scripts)
    assert len(cluster.calls) == 1


def test_a_verification_that_is_refused_leaves_the_array_and_says_so(cluster: Cluster, scripts: Prepared) -> None:
    cluster.has("sbatch", "sys.exit('no more jobs') if len(sys.argv) > 3 else print(42)")
    with pytest.raises(MachineError, match=r"submitted as job 42, but not its verification: .*no more jobs") as caught:
        submit(scripts)
    assert "sbatch --dependency=" in caught.value.hint
    assert "afterany:42" in caught.value.hint


def test_without_sbatch_nothing_is_submitted(
    scripts: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not sbatch_is_here()
    with pytest.raises(MachineError, match="no sbatch on the PATH"):
        submit(scripts)
