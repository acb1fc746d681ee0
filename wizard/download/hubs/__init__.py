"""Kaggle and Hugging Face, through their own clients."""
