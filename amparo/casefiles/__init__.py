"""Case files: a case's whole record as a file that proves itself, and what is purged when its time is over. CAS-2, CAS-7.

Words: *case file* (the ZIP that a customer or staff take away), *export* (one making of it, for one person), *signing key*
(the installation's; old ones stay published), *retention* (when a closed case's content is purged), *hold* (what stops that),
*purge* (the emptying: number, dates, kind, charges and hashes stay).
Doors: `commands` (order_export, build_due, set_hold, purge_due…), `queries` (record, plan, purged), `access`, `errors`,
`rules` (archive, proof, verifier: pure, they run without a database).

The file is the same for customer and staff: the public record. What only staff may know stands in it as links of the chain
alone, so that the chain can be verified and nothing can be read.
"""
