"""Things around the lifter and the camera that looks at them."""
