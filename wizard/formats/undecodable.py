"""The error raised by all decoders."""


class Undecodable(ValueError):
    """The bytes are not an image that can be decoded and stored; the message says why, as the end of a sentence."""
