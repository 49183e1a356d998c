"""What the algorithms are checked against: libraries, closed forms, numbers from papers."""
