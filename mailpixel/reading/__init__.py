"""Reads JSON and rows from outside, with bounds and with errors that name the field.

The HTTP API and the command line share it.

| file | reads |
|---|---|
| json_value.py | one JSON value |
| shapes.py | objects, each with its JSON schema |
| lines.py | streams cut into lines, each one object |
| deliveries.py | lines that report deliveries, as events |
| consents.py | lines that report what people agreed to or refused |
| orders.py | lines in which a shop's server reports its orders, as events |
| written.py | recipients as the sender wrote them: ids or addresses |
"""
