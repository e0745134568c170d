"""Puts cards together and asks the person: docks, menus, dialogs, help. Owns no truth."""
