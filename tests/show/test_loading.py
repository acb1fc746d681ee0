import dataclasses

from wizard.engine.loading import Loading
from wizard.show.loading import how_to_load
from wizard.targets.tfrecord.target import TFRecords

LOADING = Loading(folder="/my out", trainer=TFRecords.trainers[0], program="import x\n\nprint(x)\n", others=())


def test_a_program_can_be_pasted_from_below_what_it_is_for_and_what_it_needs() -> None:
    first, install, blank, *program = how_to_load(LOADING, 80)
    assert (first, install.strip(), blank) == ("Load it    tf.data", "pip install tensorflow", "")
    assert program[:3] == ["import x", "", "print(x)"]
    compile("\n".join(program), "pasted", "exec")


def test_what_else_opens_the_dataset_is_named_with_the_command_that_shows_how() -> None:
    *_, names, command = how_to_load(dataclasses.replace(LOADING, others=("dali", "tfds")), 80)
    assert names == "# Also opened by dali, tfds. The program for one of them:"
    assert command == "# imagenet-setup inspect '/my out' --trainer NAME"


def test_where_load_py_is_written_it_is_named_instead_of_the_key_that_writes_it() -> None:
    assert "output.load_py = true" in "\n".join(how_to_load(LOADING, 80))
    saved = "\n".join(how_to_load(dataclasses.replace(LOADING, file="/my out/load.py"), 80))
    assert "# The same program is in\n# /my out/load.py" in saved
    assert "load_py" not in saved


def test_comments_fit_into_the_window_and_can_be_pasted() -> None:
    many = dataclasses.replace(LOADING, others=tuple(f"trainer-{number}" for number in range(20)))
    *lines, command = how_to_load(many, 60)
    also = lines[next(number for number, line in enumerate(lines) if line.startswith("# Also")) :]
    assert len(also) > 3
    assert max(map(len, also)) <= 60
    compile("\n".join([*also, command]), "pasted", "exec")
