"""The crops that the pelvis network learns from."""
