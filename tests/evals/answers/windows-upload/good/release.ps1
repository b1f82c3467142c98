# Runs at night from the task scheduler.
if (Test-Path .\dist) { Remove-Item .\dist -Recurse -Force }
py -m build
py -m twine upload --non-interactive .\dist\*
