"""`python -m headwork` is the command."""

from headwork.cli import main

if __name__ == "__main__":
    main()
