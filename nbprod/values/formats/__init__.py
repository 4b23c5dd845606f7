"""How values are stored: each format knows what fits it, and every use of one is proven by reading it back."""
