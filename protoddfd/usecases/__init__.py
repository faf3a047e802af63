"""What each method does: one async function a method."""
