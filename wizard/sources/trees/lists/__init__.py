"""List files beside images that give each image's class or split."""
