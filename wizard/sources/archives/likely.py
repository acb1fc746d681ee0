"""How the official archives look by names alone."""

from wizard.sources.likely import Likely

ARCHIVES = (Likely(what="the official archives", path=r"ILSVRC2012_img_(train|val|test\w*)\.tar"),)
