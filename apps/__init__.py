"""What people came for: one folder per app, one supervisor per app, one App record each."""
