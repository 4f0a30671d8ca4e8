"""What the comparison of two pipelines means, without Spark: encoding, tolerances, promotion."""
