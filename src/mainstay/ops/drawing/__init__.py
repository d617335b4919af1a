"""Static charts as SVG: the same bytes for the same values, readable without colour, in light and dark."""
