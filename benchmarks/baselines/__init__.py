"""What figures are compared with: small programs and tools of others, run beside ours."""
