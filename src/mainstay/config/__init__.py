"""The YAML file: schema, loading, secrets. All mistakes are reported at once, each with its path."""
