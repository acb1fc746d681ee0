"""Image files: in folders of classes, or in one folder for each split."""
