"""What this machine has and lets us use: cores, memory, control groups, disks, page cache."""
