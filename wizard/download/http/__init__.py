"""One file over HTTP, or from a folder: resumed, and proven by its MD5."""
