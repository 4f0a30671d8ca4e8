"""What may become of an alert and of a baseline; pure. `sparkguard.results` stores both."""
