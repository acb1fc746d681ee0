import json

import numpy as np

from wizard.sources.classes import Classes, imagenet
from wizard.targets.image_files import lists
from wizard.targets.image_files.listing import Listing
from wizard.targets.written import Content


def listed(files: dict[str, int]) -> Listing:
    keys = np.array([path.replace("/", "\0").encode() for path in files], np.bytes_)
    return Listing(keys=keys, ranks=np.array([*files.values()], np.int16))


def texts(files: dict[str, Content]) -> dict[str, str]:
    return {
        path: (content if isinstance(content, bytes) else b"".join(content)).decode() for path, content in files.items()
    }


TRAIN = listed({"my cats/a b.jpg": 0, "ü/1.jpg": 1, "unknown.jpg": -1})
TEST = listed({"a 1.jpg": -1, "b.jpg": -1})


def test_mmpretrain_gets_a_path_and_a_label_a_line() -> None:
    lines = "my cats/a b.jpg 0\nü/1.jpg 1\nunknown.jpg -1\n"
    assert texts(lists.mmpretrain("train", TRAIN)) == {"meta/train.txt": lines}
    assert [*lists.mmpretrain("validation", TRAIN)] == ["meta/val.txt"]


def test_mmpretrain_gets_paths_alone_where_no_image_has_a_label() -> None:
    assert texts(lists.mmpretrain("test", TEST)) == {"meta/test.txt": "a 1.jpg\nb.jpg\n"}


def test_a_path_that_mmpretrain_would_strip_is_told() -> None:
    assert lists.why_not_mmpretrain(" cats/1.jpg", " cats")
    assert not lists.why_not_mmpretrain("cats/ 1.jpg", "cats")
    assert not lists.why_not_mmpretrain(" 1.jpg", "")


def test_swin_gets_a_path_and_a_label_with_a_tab_between_them_and_no_test_split() -> None:
    lines = "my cats/a b.jpg\t0\nü/1.jpg\t1\nunknown.jpg\t-1\n"
    assert texts(lists.swin("train", TRAIN)) == {"train_map.txt": lines}
    assert [*lists.swin("validation", TRAIN)] == ["val_map.txt"]
    assert lists.swin("test", TEST) == {}


def test_classes_json_has_each_class_by_its_label_as_keras_has_it() -> None:
    index = json.loads(lists.classes_json(imagenet()))
    assert len(index) == 1000
    assert index["0"] == ["n01440764", "tench"]
    assert index["2"] == ["n01484850", "great_white_shark"]
    assert index["999"] == ["n15075141", "toilet_tissue"]


def test_classes_json_has_a_source_s_own_classes_by_their_names() -> None:
    own = Classes(names=("my cats", "n01440764"), words=("my cats", "tench, Tinca tinca"))
    assert json.loads(lists.classes_json(own)) == {"0": ["my cats", "my_cats"], "1": ["n01440764", "tench"]}
