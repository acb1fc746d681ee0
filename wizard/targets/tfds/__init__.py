"""What TensorFlow Datasets (TFDS) reads: the metadata beside records, and the one dataset that it knows by name."""
