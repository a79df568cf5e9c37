"""The panes: one file per screen; what they show comes from `present/`."""
