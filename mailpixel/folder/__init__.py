"""The data folder: its files, which commands may create them, and whether its keys signed for its database.

| file | holds |
|---|---|
| opening.py | opening an existing folder, setting up an empty one |
| keys.py | whether the key file holds the keys that signed for the database |
| key_changes.py | listing, rotating and removing signing keys |
| key_file.py | reading, creating and changing the key file |
| operator_file.py | reading and changing the operator's lists |
| sign_in.py | links that sign a person in to the pages |
| jobs.py | how far long jobs are, for every process of the service |
| consoles.py | the sockets on which web processes show the last envelopes of web sites |
| suppressed.py | the list of erased people, as keyed hashes, that a restored database is compared with |
| unnamed_files.py | unnamed files for what is too large for memory |

Importing this module loads nothing, so that the SDK stays light.
"""
