"""The simulated carrier: no network but a file, phones that keep what they got, and limits that it watches itself."""
