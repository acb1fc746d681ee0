"""imagenet-setup: from the ILSVRC2012 archives to a dataset that a trainer opens."""

__version__ = "0.1.0"
