"""File formats: encoders and decoders, bytes in and bytes out. Nothing here is specific to ImageNet."""
