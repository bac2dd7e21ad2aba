"""The rendered evaluation set."""
