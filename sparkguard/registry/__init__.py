"""Rules of the contract registry; pure. Its storage is `sparkguard.results.registry`."""
