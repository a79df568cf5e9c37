"""The Textual half: app, driver, widgets and panes; it never reaches a host by itself."""
