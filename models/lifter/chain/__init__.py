"""The whole chain judged on rendered clips, from the camera's pictures to the light."""
