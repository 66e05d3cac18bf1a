"""Results → text: one file per format."""
