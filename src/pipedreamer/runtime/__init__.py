"""What runs a plan: executor, settings (secrets, config), masking, and the broker that fetches for nodes."""
