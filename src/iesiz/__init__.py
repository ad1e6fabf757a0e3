"""iesiz: access logs and registrations in, statistics about nobody out."""
