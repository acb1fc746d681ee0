"""A preload of a worker (`dask worker --preload`) that makes it one with another version of a codec."""

from wizard.formats import encoding, image_codec


def dask_setup(_worker: object) -> None:
    """Called by Dask in the worker."""
    vars(encoding)["CODECS"] = image_codec.CODECS.replace("simplejpeg ", "simplejpeg 0.")
