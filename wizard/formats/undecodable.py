"""The exception that every image decoder raises."""


class Undecodable(ValueError):
    """The bytes are not an image that can be decoded and stored; the message says why, as the end of a sentence."""
