"""Words: the frozen values and ports that every floor speaks in. No behaviour; the ground floor."""
