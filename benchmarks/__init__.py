"""What reading and judging cost, beside what others need for the same: ratios, for people to look at."""
