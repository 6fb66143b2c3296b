"""What comes from outside as JSON or as rows, read with bounds and errors that name the field: for the HTTP API and the
command line alike.

| file | reads |
|---|---|
| json_value.py | one JSON value |
| shapes.py | objects, each with its JSON schema |
| lines.py | streams cut into lines, each one object |
| deliveries.py | lines that report deliveries, as events |
"""
