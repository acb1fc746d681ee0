"""Where a build stands, whichever machines it runs on."""
