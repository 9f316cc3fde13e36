"""What a rule may say beyond template and recipients, who changed it when, and what it would do."""
