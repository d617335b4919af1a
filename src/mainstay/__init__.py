"""Mainstay keeps LLM work going when a provider goes down."""

__version__ = "0.1.0"
