"""WebDataset tars, with the index files that their readers look for."""
