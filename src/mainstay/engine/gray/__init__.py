"""Gray failures: candidates that answer, but slowly or badly. Pure."""
