-- Runs `body` with the path of a file that is gone afterwards.
local function with_file(ending, body)
  local stem = os.tmpname()
  local path = stem .. ending
  local good, message = pcall(body, path)
  os.remove(path)
  os.remove(stem)
  if not good then error(message, 0) end
end

local function back(ending, value)
  local result
  with_file(ending, function(path)
    eb.io.save(path, value)
    result = eb.io.load(path)
  end)
  return result
end

test("ebt keeps any tree bit for bit", function()
  local r = eb.rng(5)
  r:randn { 3 }
  local value = {
    10, 20.0, "three", [-4] = true, [2 ^ 40] = false, name = "na\0me\255", ["k\254\0"] = 1, nan = 0 / 0, minus = -0.0, big = math.maxinteger,
    p = { { weight = eb.randn { 3, 4 }, bias = eb.tensor({ 1, 2 }, { dtype = "int32" }) }, { flags = eb.tensor { true, false } } },
    x = eb.randn({ 2, 2 }, { dtype = "float64" }), zero = eb.zeros { 0, 3 }, rng = r, empty = {},
  }
  local got = back(".ebt", value)
  equal(math.type(got[1]), "integer")
  equal(math.type(got[2]), "float")
  equal(got[3], "three")
  equal(got[-4], true)
  equal(got[2 ^ 40], false)
  equal(got.name, "na\0me\255")
  equal(got["k\254\0"], 1)
  assert(got.nan ~= got.nan)
  equal(1 / got.minus, -math.huge)
  equal(got.big, math.maxinteger)
  equal(next(got.empty), nil)
  equal(got.zero.shape, { 0, 3 })
  assert(eb.tree.equal({ got.p, got.x }, { value.p, value.x }))
  equal(got.p[1].bias.dtype, "int32")
  assert(eb.tree.equal(got.rng:randn { 4 }, r:randn { 4 }))
  equal((got.p - value.p)[1].weight, eb.zeros { 3, 4 })
  equal(getmetatable(got.empty), nil)
end)

test("ebt takes single values, views and values under grad", function()
  equal(back(".ebt", 3), 3)
  equal(back(".ebt", "x"), "x")
  equal(back(".ebt", nil), nil)
  equal(back(".ebt", eb.arange(1, 6):reshape { 2, 3 }:t()), { { 1, 4 }, { 2, 5 }, { 3, 6 } })
  local seen
  eb.grad(function(x)
    seen = back(".ebt", { x = x })
    return (x * x):sum()
  end)(eb.tensor { 1, 2 })
  equal(seen.x, { 1, 2 })
end)

test("what can't be saved is named with its place", function()
  with_file(".ebt", function(path)
    raises(function() eb.io.save(path, { a = { print } }) end, here(), "io.save: can't save a function at 'a.1'; expected tensors, numbers")
    raises(function() eb.io.save(path, { [0.5] = 1 }) end, "can't save a key of type number")
    raises(function() eb.io.save(path, { [true] = 1 }) end, "can't save a key of type boolean")
    raises(function() eb.io.save(path, coroutine.create(print)) end, "can't save a thread;")
    local loop = {}
    loop.loop = loop
    raises(function() eb.io.save(path, loop) end, "nested more than 100 deep; does a table contain itself?")
    raises(function() eb.vmap(function(x) eb.io.save(path, { x = x }) return x end)(eb.ones { 2 }) end, "io.save: the value is not known inside vmap")
    raises(function() eb.compile(function(x) eb.io.save(path, x) return x end)(eb.ones { 2 }) end, "io.save would run once, while the function is recorded")
    assert(not io.open(path), "nothing is left")
  end)
end)

test("paths and endings", function()
  raises(function() eb.io.save("a/b.c/file", 1) end, here(), "io.save: 'a/b.c/file' has no ending; expected one of ", ".ebt")
  raises(function() eb.io.load("x.ebtt") end, here(), "'x.ebtt' has the unknown ending .ebtt (did you mean '.ebt'?)")
  raises(function() eb.io.load("no/where.ebt") end, here(), "io.load: can't open 'no/where.ebt': No such file or directory")
  raises(function() eb.io.save("no/where.ebt", 1) end, here(), "io.save: can't write 'no/where.ebt': No such file or directory")
  raises(function() eb.io.load(1) end, "load: argument 1: expected string, got number")
  with_file(".ebt", function(path)
    local file = io.open(path, "wb")
    file:write("text")
    file:close()
    raises(function() eb.io.load(path) end, here(), "io.load: ebt: '", "is not a checkpoint of Ebbtide")
  end)
end)
