"""The message: from a draft to finished octets."""
