-- The words of the specs: test, equal, close, raises, here. A spec is a Lua file; the Swift side runs each in a session of its own and
-- reports what `failures` holds afterwards.
failures, passed = {}, 0

--- Runs a part of the spec; an error in it is a failure with its message.
function test(name, body)
  local good, message = xpcall(body, function(e) return debug.traceback(tostring(e), 2) end)
  if good then passed = passed + 1 else failures[#failures + 1] = name .. ": " .. message end
end

local function plain(value)
  if type(value) == "userdata" then return value:totable() end
  if type(value) == "table" then
    local copy = {}
    for k, v in pairs(value) do copy[k] = plain(v) end
    return copy
  end
  return value
end

local function show(value)
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for k, v in pairs(value) do parts[#parts + 1] = (type(k) == "number" and "" or k .. " = ") .. show(v) end
  return "{" .. table.concat(parts, ", ") .. "}"
end

local function matches(a, b, tolerance)
  if type(a) ~= type(b) then return false end
  if type(a) == "table" then
    for k in pairs(a) do if b[k] == nil then return false end end
    for k, v in pairs(b) do if not matches(a[k], v, tolerance) then return false end end
    return true
  end
  if type(a) == "number" then
    if a ~= a or b ~= b then return a ~= a and b ~= b end
    if a == b then return true end
    return math.abs(a - b) <= tolerance * math.max(1, math.abs(b))
  end
  return a == b
end

--- Same numbers, strings, or nested tables of them; tensors are compared by their contents.
function equal(got, expected)
  got, expected = plain(got), plain(expected)
  if not matches(got, expected, 0) then error("got " .. show(got) .. ", expected " .. show(expected), 2) end
end

--- Numbers that differ by at most `tolerance` (1e-5 unless given), relative to those above 1.
function close(got, expected, tolerance)
  got, expected = plain(got), plain(expected)
  if not matches(got, expected, tolerance or 1e-5) then error("got " .. show(got) .. ", expected " .. show(expected), 2) end
end

--- The body fails, and its message has every one of the texts. Answers the message.
function raises(body, ...)
  local good, message = pcall(body)
  if good then error("nothing was raised", 2) end
  message = tostring(message)
  for _, text in ipairs { ... } do
    if not message:find(text, 1, true) then error(("%q has no %q"):format(message, text), 2) end
  end
  return message
end

--- `file:line:` of the caller, moved by some lines, as messages begin.
function here(offset)
  local info = debug.getinfo(2, "Sl")
  return ("%s:%d:"):format(info.short_src, info.currentline + (offset or 0))
end
