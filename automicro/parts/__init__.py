"""What a model takes on a part, found without the part: compiled by zig, run in an emulator."""
