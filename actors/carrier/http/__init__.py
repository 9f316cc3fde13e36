"""Carriers over HTTP: texts out by requests, texts and receipts in by webhooks, signatures both ways."""
