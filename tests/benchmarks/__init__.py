"""Figures that are printed, never asserted: how long the big jobs take, and how far that is from what must be done."""
