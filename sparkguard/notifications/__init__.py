"""What a run changed, told to people and catalogs: at most once, and never changing a verdict."""
