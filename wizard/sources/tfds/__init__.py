"""Datasets prepared by TensorFlow Datasets (TFDS), in TFRecord or ArrayRecord, as a source of images."""
