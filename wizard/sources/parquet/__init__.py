"""Parquet files of images, as Hugging Face's `datasets` writes them, as raw data."""
