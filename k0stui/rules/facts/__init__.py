"""What several rules ask of a snapshot, and how they word it. Facts only: nothing here judges."""
