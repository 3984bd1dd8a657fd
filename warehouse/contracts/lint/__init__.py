"""What is wrong with a folder of contracts; begins at whole.py."""
