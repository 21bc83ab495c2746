"""Trees, archives, layouts and rosters: whatever a submission arrives as."""
