"""
Every size, name and header, by every route, on every S3 server that can be had.

What it does: for each server of `tests.servers.catalogue` objects are copied from it to
Swift, from Swift to it, and within it; whole and in parts; by both relays; with every
kind of proof. Then whoever knows nothing of Waybill reads both sides and compares.

How: `ways` says which copies there are, `sides` puts and reads by itself, `carrying`
copies as a worker does and says what the product said, `comparing` finds differences,
`facts` says what each server is known to do otherwise.

What to know: `make matrix` runs it. WAYBILL_MATRIX_SERVERS=swift,moto chooses servers,
WAYBILL_MATRIX_LARGE=1 adds objects up to 6 GiB, WAYBILL_MATRIX_KEYS=2000 says how many
names each server gets. A difference that nobody told of fails the run, whatever the
server: `docs/storages.md` says which of them is at fault for what.
"""
