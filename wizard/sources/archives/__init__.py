"""The official archives of ILSVRC2012, read where they lie."""
