"""Tables, texts, series and graphs of any library as typed columns and a target."""
