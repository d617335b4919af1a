"""Orders at a gateway: kept on its own disk, followed within a fraction of a second, told to others."""
