"""The judge's side of the messages: processes, and proxies of what lives in them."""
