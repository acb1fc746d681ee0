import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wizard.commit_record import CommitRecord
from wizard.sources.classes import imagenet, of_folders
from wizard.targets.dataset import BuiltDataset
from wizard.targets.webdataset.target import WebDataset


def shard(split: str, name: str, images: int) -> CommitRecord:
    return CommitRecord(shard=name, split=split, images=images, boxes=0, bytes_in=0, bytes_out=images * 1024, sha256="")


SHARDS = [shard("train", "train-0000.tar", 7), shard("train", "train-0001.tar", 6), shard("test", "test-00.tar", 2)]
TIMM = WebDataset(names="timm", dataset="imagenet1k")


def lists(target: WebDataset = TIMM) -> Mapping[str, Any]:
    dataset = BuiltDataset(folder=Path("/out"), classes=imagenet(), label_base=0, shards=SHARDS)
    return {name: json.loads(content) for name, content in target.sidecars(dataset).items()}


def test_timms_list_has_the_files_and_counts_of_each_split() -> None:
    assert lists()["_info.json"] == {
        "name": "imagenet1k",
        "splits": {
            "train": {
                "name": "train",
                "num_samples": 13,
                "filenames": ["imagenet1k-train-0000.tar", "imagenet1k-train-0001.tar"],
                "shard_lengths": [7, 6],
            },
            "test": {
                "name": "test",
                "num_samples": 2,
                "filenames": ["imagenet1k-test-00.tar"],
                "shard_lengths": [2],
            },
        },
    }


def test_wids_has_a_list_for_each_split_relative_to_its_own_folder() -> None:
    assert lists()["__index__/train.json"] == {
        "__kind__": "wids-shard-index-v1",
        "wids_version": 1,
        "name": "imagenet1k-train",
        "shardlist": [
            {"url": "../imagenet1k-train-0000.tar", "nsamples": 7, "filesize": 7168},
            {"url": "../imagenet1k-train-0001.tar", "nsamples": 6, "filesize": 6144},
        ],
    }
    assert {*lists()} == {"_info.json", "__index__/train.json", "__index__/test.json"}


def test_lists_of_other_classes_do_not_say_imagenet() -> None:
    dataset = BuiltDataset(folder=Path("/out"), classes=of_folders(("cat",)), label_base=0, shards=SHARDS)
    found = WebDataset(names="timm").sidecars(dataset)
    assert found
    assert not any(b"imagenet" in content for content in found.values())


def test_plain_names_of_imagenet_are_listed_as_imagenets() -> None:
    assert lists(WebDataset())["_info.json"]["name"] == "imagenet1k"
    assert lists(WebDataset())["_info.json"]["splits"]["train"]["filenames"] == ["train-0000.tar", "train-0001.tar"]
