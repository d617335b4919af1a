"""What is measured, one file per figure or family of figures."""
