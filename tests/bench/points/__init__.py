"""What the benches of points stand on: a filled club, signed commands, a light client, the service, floors and audits."""
