"""What generalises of a frame's columns: what holds because of what the column is, not of which rows were seen."""
