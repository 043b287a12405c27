"""The kiosk's screens: one class and one .kv file each, which draw a view and tell what was pressed."""
