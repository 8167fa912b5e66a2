-- Demonstrations: short scripts inside the program that show themselves and run. Runs once in every state.
local eb, native = ...

-- Prints the source of a demonstration and runs it; answers what it returns.
function eb.demo(name)
  local names = native.demos()
  if name == nil then
    print('demonstrations: ' .. table.concat(names, ", ") .. '; eb.demo "' .. names[1] .. '" runs one')
    return
  end
  if type(name) ~= "string" then native.fail(("demo: expected a name (%s), got %s"):format(table.concat(names, ", "), native.type(name))) end
  local source, body = native.demo(name)
  print(source)
  return body()
end
