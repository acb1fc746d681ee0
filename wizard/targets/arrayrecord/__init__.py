"""The target: ArrayRecord shards, whose records are read in any order."""
