"""What is known of a model once truth arrives: metrics, intervals, maturity, starvation; pure."""
