"""Bytes in, bytes out; knows nothing of ImageNet."""
