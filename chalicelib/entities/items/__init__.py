"""Items: a catalogue spread over ten shards of a tenant."""
