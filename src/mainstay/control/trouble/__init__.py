"""Reports of people who have trouble: taken in, counted once, never with a name."""
