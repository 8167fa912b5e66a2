int CLapack_present;
