# Runs at night from the task scheduler.
Remove-Item .\dist -Recurse -Confirm
py -m build
py -m twine upload .\dist\*
