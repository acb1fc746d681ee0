"""A build handed to a cluster's scheduler: what is asked for, the scripts, and their submission."""
