"""Carriers: who takes texts to phones, behind one port (`actors.carrier.port`)."""
