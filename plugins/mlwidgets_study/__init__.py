"""Study: questions, cards and checks."""
