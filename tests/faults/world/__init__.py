"""A whole club in one process and under one seed: devices with their real sync, servers, a network, disks and clocks that fail."""
