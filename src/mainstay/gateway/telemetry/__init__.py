"""Traces: one span for each exchange and each attempt, made from their records and sent to a collector (OTLP)."""
