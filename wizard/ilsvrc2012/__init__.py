"""What the dataset is: archives, synsets, validation labels, boxes."""
