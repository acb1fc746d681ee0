"""Folders of images: extracted trees, Kaggle's tree, folders of classes, names that carry their class."""
