"""TFRecord shards of tf.train.Example, with index files, and metadata for TensorFlow Datasets."""
