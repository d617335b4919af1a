"""Reports of people against the usual level of that hour. Pure."""
