"""What operations share: the book of streams, and whoever keeps all parts going."""
