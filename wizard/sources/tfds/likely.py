"""How datasets prepared by TensorFlow Datasets look by names alone."""

from wizard.sources.likely import Likely

TFDS = (Likely(what="prepared by TFDS", path=r"imagenet\w*-\w+\.(tfrecord|array_record)-\d{5}-of-\d{5}"),)
