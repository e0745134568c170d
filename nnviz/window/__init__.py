"""The main window around the cards: menus, dialogs, help. It holds no state of the model."""
