"""The main window around the cards: docks, menus, dialogs, help. It holds no state of the model."""
