"""OTP for Pykka: actors, child specs, supervisors, the live tree and faults. Knows no broker and no mail."""
