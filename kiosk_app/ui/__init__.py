"""The kiosk's Kivy screens."""
