"""Getting the archives: from image-net.org or a mirror of it, from Kaggle, from Hugging Face."""
