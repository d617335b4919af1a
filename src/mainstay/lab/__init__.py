"""Virtual time and the fake world: the fake provider, and the driver that needs no clock."""
