-- A tensor prints as a bounded summary: dtype, shape, statistics, edges of its contents; whatever it holds and however large it is.

local function lines(x)
  local all = {}
  for line in tostring(x):gmatch("[^\n]+") do all[#all + 1] = line end
  return all
end

test("every dtype and every rank, within a dozen lines of eighty columns", function()
  for _, dtype in ipairs { "float32", "float64", "int32", "bool" } do
    local shape = {}
    for rank = 0, 8 do
      for _, size in ipairs { 0, 1, 2, 3, 40 } do
        local sizes = {}
        for d = 1, rank do sizes[d] = d > 2 and math.min(size, 3) or size end
        local x = eb.ones(sizes, { dtype = dtype })
        local text = lines(x)
        assert(text[1]:find(("tensor %s [%s]"):format(dtype, table.concat(sizes, ", ")), 1, true), text[1])
        assert(#text <= 13, #text)
        for _, line in ipairs(text) do assert(utf8.len(line) <= 80, line) end
      end
    end
    equal(#shape, 0)
  end
end)

test("the statistics are those of the finite values, and the others are counted", function()
  local text = lines(eb.tensor { 1, 0 / 0, 3, 1 / 0, -1 / 0 })[1]
  for _, part in ipairs { "min 1", "mean 2", "max 3", "nan 1", "inf 2" } do assert(text:find(part, 1, true), text) end
  text = lines(eb.full({ 1000, 1000 }, 0 / 0))[1]
  assert(text:find("nan 1000000", 1, true) and not text:find("mean", 1, true), text)
  text = lines(eb.tensor({ 1, -5 }, { dtype = "int32" }))[1]
  assert(text:find("min %-5") and text:find("max 1"), text)
  text = lines(eb.tensor { true, true, false })[1]
  assert(text:find("true 2") and text:find("false 1"), text)
end)

test("edges of rows and columns are shown, of views as of copies", function()
  local x = eb.arange(1, 10000):reshape { 100, 100 }
  local text = tostring(x)
  for _, part in ipairs { "1 ", "100]", "9901", "10000]]", "..." } do assert(text:find(part, 1, true), text) end
  equal(tostring(x:t()), tostring(x:t():clone()))
  equal(tostring(x[{ { 1, 100, 3 } }]), tostring(x[{ { 1, 100, 3 } }]:clone()))
  equal(tostring(eb.ones { 1 }:expand { 1000, 1000, 1000 }):match("^[^\n]*"), "tensor float32 [1000, 1000, 1000]  min 1  mean 1  max 1")
end)

test("scalars in full, empty tensors as such", function()
  equal(tostring(eb.tensor(0.1)), "tensor float32 [] 0.1")
  equal(tostring(eb.tensor(0.1, { dtype = "float64" })), "tensor float64 [] 0.1")
  equal(tostring(eb.tensor(3, { dtype = "int32" })), "tensor int32 [] 3")
  equal(tostring(eb.tensor(true)), "tensor bool [] true")
  equal(tostring(eb.tensor(0 / 0)):lower(), (0 / 0 ~= 0 / 0) and "tensor float32 [] nan")
  equal(tostring(eb.tensor(-1 / 0)), "tensor float32 [] -inf")
  equal(tostring(eb.zeros { 0, 3 }), "tensor float32 [0, 3] (empty)")
end)

test("inside transforms: the numbers where they are known, else dtype and shape", function()
  eb.grad(function(x)
    assert(tostring(x):find("[1 2]", 1, true), tostring(x))
    return x:sum()
  end)(eb.tensor { 1, 2 })
  eb.vmap(function(x)
    assert(tostring(x):find("tensor float32 [2]", 1, true) and tostring(x):find("not known"), tostring(x))
    return x
  end)(eb.ones { 3, 2 })
  eb.hessian(function(x) assert(#tostring(x) < 200); return (x ^ 2):sum() end)(eb.tensor { 1, 2 })
end)
