"""Where raw data may lie on this machine, found by names and in a fraction of a second."""
