"""A person's answers -> Profile."""
