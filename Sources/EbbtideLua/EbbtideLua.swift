// EbbtideLua
