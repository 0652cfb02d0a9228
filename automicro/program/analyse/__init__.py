"""What follows from a program without data: structure, used features, bounds of its size, validity."""
