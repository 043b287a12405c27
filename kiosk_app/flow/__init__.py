"""The kiosk as a value, an event and a pure function."""
