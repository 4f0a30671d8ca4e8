"""Changes of meaning under an unchanged schema, found in stored states; pure, reads no data."""
