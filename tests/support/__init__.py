"""What tests share: builders, real processes, readers and senders, oracles."""
