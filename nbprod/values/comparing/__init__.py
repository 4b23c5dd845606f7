"""How each kind of value is held against another to find where they first differ."""
