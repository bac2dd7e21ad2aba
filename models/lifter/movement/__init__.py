"""What the simulated person does: squats, planned or recorded, and what lies around them."""
