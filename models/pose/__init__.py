"""The recipe that makes the pose models from the registry package they come in."""
