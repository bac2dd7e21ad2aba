"""The pelvis network and how it learns."""
