// CLapack
