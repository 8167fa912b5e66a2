int CReadline_present;
