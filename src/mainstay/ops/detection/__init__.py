"""Detection: which component is in trouble, by what evidence, since when, and whether it is over."""
