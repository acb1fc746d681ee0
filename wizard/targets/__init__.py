"""The forms in which a dataset can be written: a Protocol, a registry, and a module or folder for each form."""
