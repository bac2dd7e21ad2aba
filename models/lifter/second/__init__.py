"""The second generator: other skinning, tissue, cloth and sensor; for judging only."""
