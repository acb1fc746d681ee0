"""A call on its way to another machine: pickled and compressed, and unpacked only by the process that makes it.

The rows of a shard are much alike: 1,251 images are 100 kB pickled and 31 kB compressed (2 ms), 44,700 images of a plan
with large shards 4.2 to 5.5 MB and 1.2 to 1.6 MB (50 ms).
"""

import pickle
import zlib
from collections.abc import Callable
from typing import Any


def pack(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    """The call as bytes."""
    return zlib.compress(pickle.dumps((fn, args, kwargs)), 1)


def call_packed(content: bytes) -> Any:
    """Makes a packed call."""
    fn, args, kwargs = pickle.loads(zlib.decompress(content))
    return fn(*args, **kwargs)
