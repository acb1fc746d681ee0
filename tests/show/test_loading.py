import dataclasses

from wizard.engine.loading import Loading
from wizard.show.loading import how_to_load
from wizard.targets.tfrecord.target import TFRecords

LOADING = Loading(folder="/my out", trainer=TFRecords.trainers[0], program="import x\n\nprint(x)\n", others=())


def test_a_program_can_be_pasted_from_below_what_it_is_for_and_what_it_needs() -> None:
    first, blank, *program = how_to_load(LOADING)
    assert (first, blank) == ("Load it    tf.data   (pip install tensorflow)", "")
    assert program[:3] == ["import x", "", "print(x)"]
    compile("\n".join(program), "pasted", "exec")


def test_what_else_opens_the_dataset_is_named_with_the_command_that_shows_how() -> None:
    *_, command, names = how_to_load(dataclasses.replace(LOADING, others=("dali", "tfds")))
    assert command.startswith("# imagenet-setup inspect '/my out' --trainer NAME")
    assert names == "# dali, tfds"
