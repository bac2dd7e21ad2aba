"""The simulated person: bones, skin, soft tissue, clothes."""
