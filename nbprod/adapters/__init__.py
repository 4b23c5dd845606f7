"""One file for each foreign library; none knows another."""
