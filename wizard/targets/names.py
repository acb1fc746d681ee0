"""Names in a dataset's folder that do not depend on its output format."""

STATE_FOLDER = ".imagenet-setup"
SPLIT_FOLDERS = {"train": "train", "validation": "val", "test": "test"}
"""The splits' folders, as PyTorch code has them."""
JPEG_SUFFIXES = (".jpg", ".jpeg")
RECORD_FOLDER = f"{STATE_FOLDER}/shards"
"""The commit records: a JSON file for each shard that is done."""
STAGING = f"{STATE_FOLDER}/building"
"""Where image files wait until their shard is whole."""
