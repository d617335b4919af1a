"""The dialects as the harness speaks them: what an upstream streams, what a caller asks and how its stream must be."""
