"""Raw data -> samples."""
