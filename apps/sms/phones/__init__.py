"""The phones of the simulated carriers: what members type, what they got, and what the carriers saw of our limits."""
