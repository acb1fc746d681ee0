"""Array types shared across the package."""

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
"""uint8[height, width, 3], RGB."""
Boxes = npt.NDArray[np.float64]
"""float64[n, 4], xmin ymin xmax ymax in 0..1, relative to the image's sides."""
