import json
from dataclasses import asdict

from wizard.commit_record import CommitRecord, ConvertedImage, SkippedImage
from wizard.events import ShardDone, WorkerLost, as_json

RESULT = CommitRecord(
    shard="train-00000-of-00001",
    split="train",
    images=1,
    boxes=2,
    bytes_in=3,
    bytes_out=4,
    sha256="ab",
    converted=(ConvertedImage(name="a", kind="PNG"),),
    skipped=(SkippedImage(file="f", name="b", reason="r"),),
)


def test_a_result_can_be_serialized_as_json() -> None:
    assert CommitRecord.from_json(json.loads(json.dumps(asdict(RESULT)))) == RESULT


def test_events_have_snake_case_names_and_json_fields() -> None:
    assert as_json(WorkerLost(shard="s", attempt=1, reason="r"))[0] == "worker_lost"
    assert json.dumps(as_json(ShardDone(result=RESULT)))
