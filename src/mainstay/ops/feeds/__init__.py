"""What status pages of providers say: bytes to values, values to what changed, and how far they can be trusted."""
