"""Small faults, each put into the code on its own: does a test notice?"""
