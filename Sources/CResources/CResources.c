int CResources_present;
