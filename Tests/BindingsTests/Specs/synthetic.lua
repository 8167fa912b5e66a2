local function make(options)
  options.rng = eb.rng(3)
  return eb.data.synthetic(options)
end

-- Biased mean square of what is left.
local function residual(a, b) return ((a - b) ^ 2):mean():item() end

test("regression has the truth it says", function()
  local data = make { kind = "regression", n = 200, d = 5, dtype = "float64" }
  equal(data.x.shape, { 200, 5 })
  equal(data.w.shape, { 5 })
  equal(data.x.dtype, "float64")
  close(data.y, data.x:mm(data.w), 1e-12)
  close(eb.linalg.lstsq(data.x, data.y), data.w, 1e-10)
  local noisy = make { kind = "regression", n = 20000, d = 5, noise = 0.5, dtype = "float64" }
  close(residual(noisy.y, noisy.x:mm(noisy.w)), 0.25, 0.02)
  local wide = make { kind = "regression", n = 10, d = 4, outputs = 3 }
  equal(wide.y.shape, { 10, 3 })
  equal(wide.w.shape, { 4, 3 })
  equal(#wide:take(2).y, 2)
  equal(wide:take(2).w.shape, { 4, 3 })
  equal(#make { kind = "regression" }, 100)
end)

test("sparse and whitened regression", function()
  local data = make { kind = "regression", n = 20, d = 30, sparsity = 3, dtype = "float64" }
  equal(data.w:ne(0):sum():item(), 3)
  close(data.w:norm():item(), 1, 1e-12)
  local many = make { kind = "regression", n = 20, d = 30, sparsity = 3, outputs = 4, dtype = "float64" }
  equal(many.w:ne(0):sum(1), { 3, 3, 3, 3 })
  local white = make { kind = "regression", n = 50, d = 50, whitened = true, dtype = "float64" }
  close(white.x:t():mm(white.x) / 50, eb.eye(50, { dtype = "float64" }), 1e-12)
end)

test("classification is clusters around its centers", function()
  local data = make { kind = "classification", n = 3000, d = 3, classes = 4, separation = 5, noise = 0.5, dtype = "float64" }
  equal(tostring(data), "dataset: 3000 examples of [3], 4 classes")
  equal(data.y.dtype, "int32")
  for class = 1, 4 do
    local members = data:pick(data.y:eq(class))
    equal(#members, 750)
    close(members.x:mean(1), data.centers[class], 0.05)
    close(members.x:std():item(), ((data.centers[class] - data.centers[class]:mean()) ^ 2):mean():item() ^ 0.5, 0.5)
    close(data.centers[class]:norm():item(), 5, 1e-12)
  end
  close(residual(data.x, data.centers:index(1, data.y)), 0.25, 0.02)
end)

test("a teacher's network gives its targets", function()
  local data = make { kind = "teacher", n = 50, d = 6, hidden = 3, outputs = 2, act = "tanh", dtype = "float64" }
  equal(data.y.shape, { 50, 2 })
  close(data.y, data.x:mm(data.teacher[1].weight):tanh():mm(data.teacher[2].weight), 1e-12)
  close(data.network(data.teacher, data.x), data.y, 1e-12)
  raises(function() make { kind = "teacher", act = "rellu" } end, "rellu")
end)

test("spirals are turned copies of each other", function()
  local data = make { kind = "spirals", n = 300, classes = 3, turns = 1, dtype = "float64" }
  equal(data.x.shape, { 300, 2 })
  equal(data.classes, 3)
  for i = 1, 300 do
    local x, y = data.x[{ i, 1 }]:item(), data.x[{ i, 2 }]:item()
    local r = (x * x + y * y) ^ 0.5
    local angle = 2 * math.pi * (r + (data.y[i]:item() - 1) / 3)
    close(r * math.cos(angle), x, 1e-9)
    close(r * math.sin(angle), y, 1e-9)
  end
end)

test("chebyshev polynomials by their cosines", function()
  for degree = 0, 6 do
    local data = make { kind = "chebyshev", degree = degree, dtype = "float64" }
    equal(data.x.shape, { 20, 1 })
    equal(data.x[{ 1, 1 }]:item(), -1)
    for i = 1, 20 do close(data.y[{ i, 1 }]:item(), math.cos(degree * math.acos(data.x[{ i, 1 }]:item())), 1e-9) end
  end
end)

test("low_rank gives entries of a matrix of that rank", function()
  local data = make { kind = "low_rank", rows = 12, columns = 8, rank = 3, n = 40, dtype = "float64" }
  equal(data.x.shape, { 40, 2 })
  equal(data.x.dtype, "int32")
  equal(data.matrix.shape, { 12, 8 })
  equal(eb.linalg.matrix_rank(data.matrix), 3)
  close((data.matrix ^ 2):mean():item(), 1, 1e-12)
  local seen = {}
  for i = 1, 40 do
    local row, column = data.x[{ i, 1 }]:item(), data.x[{ i, 2 }]:item()
    equal(data.y[i]:item(), data.matrix[{ row, column }]:item())
    local place = row .. "," .. column
    assert(not seen[place])
    seen[place] = true
  end
  local all = make { kind = "low_rank", rows = 3, columns = 2, rank = 1 }
  equal(#all, 6)
  equal(all.y:reshape { 3, 2 }, all.matrix)
end)

test("the same generator gives the same data, and errors say what is wrong", function()
  for _, kind in ipairs { "regression", "classification", "teacher", "spirals", "chebyshev", "low_rank" } do
    local a, b = make { kind = kind, n = 10, noise = 0.1 }, make { kind = kind, n = 10, noise = 0.1 }
    assert(eb.tree.equal({ a.x, a.y }, { b.x, b.y }), kind)
    equal(#a, 10)
    equal(a.y.dtype == "int32" or a.y.dtype == "float32", true)
  end
  raises(function() eb.data.synthetic() end, here(), "synthetic: expected a table of options with a kind, got nil")
  raises(function() eb.data.synthetic { kind = "spiral" } end, here(),
    "option 'kind': expected one of 'chebyshev', 'classification', 'low_rank', 'regression', 'spirals', 'teacher', got 'spiral'")
  raises(function() eb.data.synthetic { kind = "spirals", d = 3 } end, here(), "synthetic: unknown option 'd'")
  raises(function() eb.data.synthetic { kind = "regression", n = 0 } end, here(), "option 'n': expected at least 1, got 0")
  raises(function() eb.data.synthetic { kind = "regression", noise = -1 } end, "option 'noise': expected a finite number from 0 on, got -1")
  raises(function() eb.data.synthetic { kind = "regression", dtype = "int32" } end, "option 'dtype'")
  raises(function() eb.data.synthetic { kind = "regression", d = 3, sparsity = 4 } end, "expected at most d = 3, got 4")
  raises(function() eb.data.synthetic { kind = "regression", n = 3, d = 4, whitened = true } end, "need n >= d")
  raises(function() eb.data.synthetic { kind = "low_rank", rows = 2, n = 5 } end, "expected at most rows * columns = 4 entries, got 5")
end)
