"""The bytes of a program: an entropy-coded format, its writer and its reader, noun by noun."""
