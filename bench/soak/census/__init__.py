"""What is put into PYTHONPATH of a process that is to count its objects."""
