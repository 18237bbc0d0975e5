"""What is decided in remote sessions: codes, what may pass in each direction, the record's chain. Pure."""
