"""What the steps make, as pandera models: one module a step."""
