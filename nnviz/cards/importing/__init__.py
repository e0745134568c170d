"""The import sheet."""
