from wizard.engine.loading import Loading
from wizard.show.loading import how_to_load
from wizard.targets.tfrecord.target import TFRecords

LOADING = Loading(trainer=TFRecords.trainers[0], program="import x\n\nprint(x)\n", others=())


def test_a_program_is_indented_below_what_it_is_for_and_what_it_needs() -> None:
    first, *rest = how_to_load(LOADING)
    assert first == "Load it    tf.data   (pip install tensorflow)"
    assert rest == ["", "    import x", "", "    print(x)"]


def test_what_else_opens_the_dataset_is_named() -> None:
    lines = how_to_load(Loading(trainer=LOADING.trainer, program="pass\n", others=("DALI", "TFDS")))
    assert lines[-1] == "           docs/load.md has programs for others: DALI, TFDS"
