"""How each kind of value gives its content to a fingerprint: by buffers where there are any, else by its parts."""
