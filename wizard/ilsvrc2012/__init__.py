"""Facts about ILSVRC2012: archives, synsets, validation labels, bounding boxes."""
