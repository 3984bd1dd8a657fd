"""`c360 resolve` and `c360 evaluate`: files of people, without a home."""
