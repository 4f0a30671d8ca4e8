"""Rules of shadow comparison, all of them pure: encoding, tolerances, verdicts, promotion."""
