"""What is printed, wired and screwed: recipes and their results, no part of the program."""
