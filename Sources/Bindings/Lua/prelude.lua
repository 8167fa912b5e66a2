-- The parts of the module that read better in Lua than in Swift. Runs once in every state with the module's table as its argument.
local eb = ...

return eb
