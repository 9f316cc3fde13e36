"""What is published while the broker is away waits in a file here, and goes first when the broker is back."""
