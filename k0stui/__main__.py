"""`python -m k0stui`."""

from k0stui.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
