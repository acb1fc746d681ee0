"""The target: Parquet files, as Hugging Face's `datasets` writes them."""
