"""One message from draft to result: prepare, send, record, queue, flush, log."""
