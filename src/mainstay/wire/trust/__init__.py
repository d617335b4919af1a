"""Machine identity: tokens of ours, the signed bundle that says whose to trust, and tokens of others. Sans I/O."""
