"""A simulated recording as files; the unit plays it with numpy and OpenCV alone."""
