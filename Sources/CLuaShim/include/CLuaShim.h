// CLuaShim
