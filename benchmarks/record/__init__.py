"""What the record of runs costs: a run that is written, a page of a list that is read."""
