"""When the pipeline runs, in what order and with what retries; what it does is in ``iesiz.pipeline``."""
