"""A preload of a worker (`dask worker --preload`) that makes it one with another version of a codec."""

from wizard.formats import encoders, image_codec


def dask_setup(_worker: object) -> None:
    """Called by Dask in the worker."""
    vars(encoders)["CODECS"] = image_codec.CODECS.replace("simplejpeg ", "simplejpeg 0.")
