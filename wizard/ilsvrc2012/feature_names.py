"""Names of the features of ImageNet's TFRecords, as `build_imagenet_data.py` of tensorflow/models writes them."""

ENCODED = "image/encoded"
FILENAME = "image/filename"
SYNSET, TEXT = "image/class/synset", "image/class/text"
CORNERS = tuple(f"image/object/bbox/{corner}" for corner in ("xmin", "ymin", "xmax", "ymax"))
BOX_LABEL = "image/object/bbox/label"
LABELS = ("image/class/label", "label", "image/label", "class/label")
"""Names that other writers give the label; the first of them that the first record with any of them has, is read."""
