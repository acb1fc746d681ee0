"""Re-reads a dataset and says what is wrong with it."""
