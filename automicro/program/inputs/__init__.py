"""Raw values as a program reads them: rows, texts, series, graphs."""
