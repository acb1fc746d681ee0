"""Archives as folders: paths that lead into a zip or tar file, which is never unpacked."""
