"""List files beside images: which class, or which split, each image is of."""
