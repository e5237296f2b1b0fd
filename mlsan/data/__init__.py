"""What a conversation is: its table and features, its checks, its batches, who speaks."""
