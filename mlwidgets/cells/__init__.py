"""The user's own cell: `%%ml record loss acc` above an ordinary training loop."""
