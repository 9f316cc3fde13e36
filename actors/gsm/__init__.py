"""Texts as the mobile network carries them: 3GPP 23.038 (alphabets), 23.040 (headers). Pure; any thread."""
