"""`python -m sparkguard`, where the command itself is not on the path."""

from sparkguard.cli import main

if __name__ == "__main__":
    main()
