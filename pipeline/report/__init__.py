"""The weekly page: data in, HTML or Markdown out."""
