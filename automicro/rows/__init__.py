"""Raw rows as a model reads them: what its card says about each column, applied to cells, with numpy alone."""
