"""Customers, contacts, licences and contracts from a CSV file: read, judged row by row, then written whole or not at all.

`reading` turns bytes into rows, `columns` says what a file may hold, `checking` judges every row against what there is,
`applying` writes what was judged through the commands of people, products and contracts. The same file again changes
nothing: a customer is known by its own reference or NIC, a contact by e-mail, a licence by serial, a contract by number.
"""
