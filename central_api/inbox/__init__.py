"""What members are told and what staff are asked to do, once each."""
