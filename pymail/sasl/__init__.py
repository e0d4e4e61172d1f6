"""SASL mechanisms (RFC 4422): octets in, octets out."""
