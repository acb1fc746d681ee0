"""Events -> a person or a program."""
