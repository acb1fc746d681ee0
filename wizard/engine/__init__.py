"""Samples -> dataset; never prints, never asks."""
