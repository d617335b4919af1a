"""The cache of answers: kept under `state/cache`, sealed, shared by all workers and, where wished, by replicas."""
