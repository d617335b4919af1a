"""Bookkeeping: the one acting control plane follows the records that come to the store, adds them up, and hands them to
whoever listens."""
