"""Shipping: brings the records of this machine's journals to the store, at least once and in order."""
