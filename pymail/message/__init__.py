"""Messages: building, decoding, and repair for the wire."""
