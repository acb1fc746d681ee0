"""Existing TFRecords as raw data."""
