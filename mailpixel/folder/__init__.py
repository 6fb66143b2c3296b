"""The data folder: the files in it, who may begin one, and whether its keys are those that signed for it.

| file | holds |
|---|---|
| opening.py | opening a folder that exists, beginning an empty one |
| keys.py | whether the key file holds the keys that signed for the database |
| key_changes.py | listing, rotating and removing signing keys |
| key_file.py | reading, making and changing the key file |
| operator_file.py | reading and changing the operator's lists |

Importing this module loads nothing, so that the SDK stays light.
"""
