"""Many runs at once: who does them, on this machine or elsewhere, and what becomes of their results. No Qt."""
