int CLuaShim_present;
