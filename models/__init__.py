"""The learned models, their cards, and the recipes that make them."""
