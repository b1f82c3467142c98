"""What the templates are tried on."""
