"""The machine's resources, and how much of them this process may use."""
