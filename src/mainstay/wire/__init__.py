"""Protocols, sans I/O: bytes in, meaning out. One folder per dialect; `registry.DIALECTS` lists them."""
