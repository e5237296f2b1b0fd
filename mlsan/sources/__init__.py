"""Where conversations come from: simulated, MELD, and what reading them takes."""
