"""Code that loads TFRecords."""

from wizard.targets.dataset import Loadable
from wizard.targets.tfrecord.index import INDEX_FOLDER


def lines(dataset: Loadable, shards: str, named: str, *, with_index: bool, with_tfds: bool) -> list[str]:
    """For tf.data and PyTorch; for TFDS and DALI where their files are there.

    Args:
        dataset: what to load.
        shards: glob of the split's shards.
        named: what is to be said of the names of features; may be empty.
        with_index: whether there are index files.
        with_tfds: whether there is metadata for TFDS.
    """
    out, split = dataset.output, dataset.split
    tfds = [f'  TFDS     tfds.builder_from_directory("{out}").as_dataset(split="{split}", as_supervised=True)']
    dali = [
        f'  DALI     fn.readers.tfrecord(path=sorted(glob("{shards}")),',
        f'               index_path=sorted(glob("{out}/{INDEX_FOLDER}/{split}-*")), features={{',
        '                   "image/encoded": tfrec.FixedLenFeature((), tfrec.string, ""),',
        '                   "image/class/label": tfrec.FixedLenFeature([1], tfrec.int64, -1)})',
    ]
    return [
        f"Load it    {dataset.labels}; image/encoded is a JPEG{named}",
        f'  tf.data  tf.data.TFRecordDataset(tf.io.gfile.glob("{shards}")).map(',
        "               lambda record: tf.io.parse_single_example(record, {",
        '                   "image/encoded": tf.io.FixedLenFeature([], tf.string),',
        '                   "image/class/label": tf.io.FixedLenFeature([], tf.int64)}))',
        *(tfds if with_tfds else []),
        *(dali if with_index else []),
        "  PyTorch  from tfrecord.torch.dataset import TFRecordDataset   # pip install tfrecord",
        "           torch.utils.data.ChainDataset([TFRecordDataset(",
        '               shard, None, {"image/encoded": "byte", "image/class/label": "int"})',
        f'               for shard in sorted(glob("{shards}"))])',
    ]
