"""WebDataset shards as raw data."""
