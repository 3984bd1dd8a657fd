"""`python -m c360` is `c360`."""

from c360.main import main

if __name__ == "__main__":
    main()
