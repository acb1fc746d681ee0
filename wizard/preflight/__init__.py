"""Will it work here?"""
