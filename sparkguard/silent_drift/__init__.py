"""What changes a column's meaning under the same schema, seen in stored states; reads no data."""
