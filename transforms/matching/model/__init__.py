"""The Fellegi–Sunter model: trained without labels, chosen, applied, guarded, explained."""
