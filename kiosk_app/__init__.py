"""The touchscreen kiosk: a tap becomes a member's page."""
