"""Virtual cards and the rig that presents them through a real pcscd."""
