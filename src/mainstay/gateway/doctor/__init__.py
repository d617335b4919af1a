"""The doctor: proves by small real requests that each standby would work, and says what a switch would cost."""
