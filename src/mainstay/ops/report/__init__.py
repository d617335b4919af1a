"""The report after an incident as a value, from records. Pure."""
