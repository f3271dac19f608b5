"""What our servers of bytes have in common: requests, answers, refusals."""
