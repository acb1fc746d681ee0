"""Names in a dataset's folder that do not depend on its output format."""

STATE_FOLDER = ".imagenet-setup"
SPLIT_FOLDERS = {"train": "train", "validation": "val", "test": "test"}
"""The splits' folders, as PyTorch code has them."""
JPEG_SUFFIXES = (".jpg", ".jpeg")
