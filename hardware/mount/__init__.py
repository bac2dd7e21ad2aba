"""The mount as code: sizes and loads are plain numbers, parts and assembly need build123d."""
