"""The command line's door."""

from pipeline.cli import main

if __name__ == "__main__":
    main()
