local f64 = { dtype = "float64" }

test("a quadratic is a parabola along every line", function()
  local A = eb.tensor({ { 2, 1, 0 }, { 1, 3, 1 }, { 0, 1, 4 } }, f64)
  local loss = function(x) return x:mm(A:mm(x)) / 2 end
  local x, d = eb.tensor({ 1, -1, 2 }, f64), eb.tensor({ 0.5, 1, -1 }, f64)
  local line = eb.landscape.line(loss, x, d, { from = -2, to = 3, points = 26 })
  local a = eb.linspace(-2, 3, 26, f64)
  close(line.a, a, 1e-15)
  local slope, curvature = A:mm(x):mm(d):item(), d:mm(A:mm(d)):item()
  close(line.loss, loss(x):item() + a * slope + a ^ 2 * curvature / 2, 1e-13)
  equal(eb.landscape.line(loss, x, d, { at = { 0 } }).loss, { loss(x):item() })
  equal(#eb.landscape.line(loss, x, d).a, 51)
  assert(tostring(line):find "^loss line: 26 points, a from %-2 to 3, smallest loss")
  assert(tostring(line:plot { title = "parabola" }):find "parabola")
end)

test("a plane is the losses at its points", function()
  local loss = function(p) return (p.u ^ 2):sum() + (p[1] * 3):sum() ^ 2 end
  local p = { u = eb.tensor({ 1, 2 }, f64), [1] = eb.tensor({ { -1 } }, f64) }
  local d1 = { u = eb.tensor({ 1, 0 }, f64), [1] = eb.zeros({ 1, 1 }, f64) }
  local d2 = { u = eb.tensor({ 0, 0 }, f64), [1] = eb.ones({ 1, 1 }, f64) }
  local plane = eb.landscape.plane(loss, p, d1, d2, { from = { -1, 0 }, to = { 1, 3 }, points = { 5, 7 } })
  for i = 1, 5 do
    for j = 1, 7 do
      close(plane.loss[i][j]:item(), (1 + plane.a[i]:item()) ^ 2 + 4 + 9 * (-1 + plane.b[j]:item()) ^ 2, 1e-13)
    end
  end
  equal(eb.landscape.plane(loss, p, d1, d2, { at = { { 0, 1 }, { 2 } } }).loss, { { 14 }, { 17 } })
  assert(tostring(plane):find "5 × 7 points, a from %-1 to 1, b from 0 to 3, smallest loss 4 at %(%-1, 1%)")
  assert(tostring(plane:plot { logz = true, color = false }):find "loss")
  equal(#eb.landscape.plane(loss, p, d1, d2).a, 25)
end)

test("side by side, one after another and without a plan the losses are the same", function()
  local x, y = eb.randn({ 60, 5 }, { rng = eb.rng(1) }), (eb.arange(1, 60) % 3 + 1):cast "int32"
  for _, width in ipairs { 4, 200 } do  -- small enough for tiles, and too large
    local net = eb.nn.mlp { 5, width, 3 }
    local p = net:init { rng = eb.rng(2) }
    local d1, d2 = eb.landscape.random(p, { rng = eb.rng(3) }), eb.landscape.random(p, { rng = eb.rng(4) })
    local loss = function(q, x, y) return eb.loss.cross_entropy(net(q, x), y) end
    local plane = eb.landscape.plane(loss, p, d1, d2, { data = { x, y }, points = { 9, 11 } })
    for _, place in ipairs { { 1, 1 }, { 9, 11 }, { 4, 7 } } do
      local q = p + plane.a[place[1]]:item() * d1 + plane.b[place[2]]:item() * d2
      close(plane.loss[place[1]][place[2]]:item(), eb.loss.cross_entropy(net(q, x), y):item(), 1e-5)
    end
  end
  local loss = function(x) if x:sum():item() > 0 then return x:sum() end return -2 * x:sum() end
  equal(eb.landscape.line(loss, eb.zeros { 2 }, eb.ones { 2 }, { points = 5 }).loss, { 4, 2, 0, 1, 2 })
  equal(eb.landscape.line(function(x) return x[1]:item() ^ 2 end, eb.zeros { 2 }, eb.ones { 2 }, { points = 3 }).loss, { 1, 0, 1 })
end)

test("data reaches the loss", function()
  local x, y = eb.tensor { 1, 2 }, eb.tensor { 3, 5 }
  local loss = function(p, x, y) return ((p * x - (y or 0)) ^ 2):sum() end
  local p, d = eb.tensor(1), eb.tensor(1)
  local function at(data) return eb.landscape.line(loss, p, d, { at = { 0 }, data = data }).loss[1]:item() end
  equal(at { x, y }, 13)
  equal(at { x = x, y = y }, 13)
  equal(at(x), 5)
  equal(at { x }, 5)
end)

test("barriers", function()
  -- Between its two minima x⁴/4 - x²/2 + c x rises above the chord as it does for c = 0: by 1/4.
  local function wells(c) return function(x) return (x ^ 4 / 4 - x ^ 2 / 2 + c * x):sum() end end
  local p, q = eb.tensor({ -1 }, f64), eb.tensor({ 1 }, f64)
  local height, line = eb.landscape.barrier(wells(0), p, q)
  equal(height, 0.25)
  equal(#line.a, 25)
  close(eb.landscape.barrier(wells(0.3), p, q, { points = 401 }), 0.25, 1e-12)
  equal(eb.landscape.barrier(function(x) return (x ^ 2):sum() end, p, q), 0)
  equal(eb.landscape.barrier(wells(0), p, p), 0)
  local list = eb.landscape.interpolate({ w = eb.tensor { 0.1, 1 } }, { w = eb.tensor { 0.3, 3 } }, 5)
  equal(#list, 5)
  assert(eb.tree.equal(list[1], { w = eb.tensor { 0.1, 1 } }) and eb.tree.equal(list[5], { w = eb.tensor { 0.3, 3 } }))
  close(list[3].w, { 0.2, 2 })
end)

test("filters have the norms of the parameters'", function()
  local p = { weight = eb.randn({ 4, 3 }, { rng = eb.rng(1) }), bias = eb.ones { 3 }, kernel = eb.randn({ 2, 3, 5, 5 }, { rng = eb.rng(2) }) }
  local d = eb.landscape.random(p, { rng = eb.rng(3) })
  local function norms(x, dims) return (x ^ 2):sum(dims):sqrt() end
  close(norms(d.weight, 1), norms(p.weight, 1))
  close(norms(d.kernel, { 2, 3, 4 }), norms(p.kernel, { 2, 3, 4 }))
  equal(d.bias, { 0, 0, 0 })
  local raw = eb.landscape.random(p, { rng = eb.rng(3), normalize = false })
  equal(eb.tree.leaves(raw)[1].shape, eb.tree.leaves(d)[1].shape)
  close(d.weight[{ {}, 2 }] / raw.weight[{ {}, 2 }], (norms(p.weight, 1) / norms(raw.weight, 1))[2]:item() * eb.ones { 4 })
  close(norms(eb.landscape.filter_normalize(raw, p, { dim = 1 }).weight, 2), norms(p.weight, 2))
  equal(eb.landscape.filter_normalize(raw, p, { vectors = "keep" }).bias, raw.bias)
  close(norms(eb.landscape.filter_normalize(raw, p, { vectors = "norm" }).bias, 1):item(), math.sqrt(3))
  -- A filter of zeros stays one, and so does the direction where the parameters are zero.
  equal(eb.landscape.filter_normalize(eb.tensor { { 0, 1 } }, eb.tensor { { 2, 0 } }), { { 0, 0 } })
end)

test("what is drawn does not change when a layer is multiplied and the next divided", function()
  local x, y = eb.randn({ 30, 6 }, { rng = eb.rng(1), dtype = "float64" }), eb.randn({ 30, 2 }, { rng = eb.rng(2), dtype = "float64" })
  local loss = function(p) return ((x:mm(p[1]):relu():mm(p[2]) - y) ^ 2):mean() end
  local p = { eb.randn({ 6, 8 }, { rng = eb.rng(3), dtype = "float64" }), eb.randn({ 8, 2 }, { rng = eb.rng(4), dtype = "float64" }) }
  local raw = eb.tree.randn_like(p, { rng = eb.rng(5) })
  local function curve(scale, normalize)
    local q = { scale * p[1], p[2] / scale }
    local d = normalize and eb.landscape.filter_normalize(raw, q) or raw
    return eb.landscape.line(loss, q, d, { points = 9 }).loss
  end
  close(curve(10, true), curve(1, true), 1e-10)
  assert((curve(10, false) - curve(1, false)):abs():max():item() > 0.1)
end)

test("a path in a plane is all there", function()
  local u, v = eb.tensor({ 0.6, 0, 0.8, 0 }, f64), eb.tensor({ 0, 1, 0, 0 }, f64)
  local list = {}
  for i = 1, 12 do list[i] = { w = 3 + 4 * math.cos(i / 3) * u + math.sin(i / 3) * v } end
  local path = eb.landscape.trajectory(list)
  close(path.explained:sum():item(), 1, 1e-14)
  assert(path.residual:max():item() < 1e-13)
  for i, d in ipairs(path.directions) do
    close(eb.tree.norm(d), 1, 1e-14)
    close((d.w:mm(u) ^ 2 + d.w:mm(v) ^ 2):item(), 1, 1e-12)
    for j = 1, 12 do
      close((list[j].w - list[12].w):mm(d.w):item(), path.path[j][i]:item(), 1e-12)
    end
  end
  close(path.path[12], { 0, 0 }, 1e-13)
  -- With one direction the other is the residual.
  local one = eb.landscape.trajectory(list, { k = 1, origin = "mean" })
  close(one.explained[1]:item(), path.explained[1]:item(), 1e-13)
  close((one.residual ^ 2):sum():item(), (path.path[{ {}, 2 }] - path.path[{ {}, 2 }]:mean()):pow(2):sum():item(), 1e-12)
  assert(tostring(one):find "12 points" and tostring(one:plot()):find "step")
end)

test("the plane of a run's path", function()
  local loss = function(p) return (p.w ^ 2 * eb.tensor { 1, 3, 8 }):sum() / 2 end
  local run = eb.run { params = { w = eb.tensor { 1, 1, 1 } }, loss = loss, opt = eb.optim.sgd { lr = 0.1 } }:advance(40)
  local path = eb.landscape.trajectory(run, { points = 9 })
  equal(path.steps, { 0, 5, 10, 15, 20, 25, 30, 35, 40 })
  for i, t in ipairs(path.steps) do
    local offset = run:at(t).params - path.origin
    local inside = path.path[i][1]:item() * path.directions[1] + path.path[i][2]:item() * path.directions[2]
    close(eb.tree.norm(offset - inside), path.residual[i]:item(), 1e-5)
  end
  assert((path.path[9] - path.path[1])[1]:item() > 0)
  local plane = path:plane(loss, { points = 11, margin = 0.5 })
  assert(plane.a[1]:item() < path.path[{ {}, 1 }]:min():item() and plane.a[11]:item() > path.path[{ {}, 1 }]:max():item())
  close(plane.loss[3][4]:item(), loss(path.origin + plane.a[3]:item() * path.directions[1] + plane.b[4]:item() * path.directions[2]):item(), 1e-5)
  local text = tostring(plane:plot { width = 80 })
  assert(text:find "distance of the path from the plane up to" and text:find "% of the variance", text)
  assert(tostring(plane):find "trajectory: 9 points")
  equal(eb.landscape.trajectory(run, { steps = { 1, 2, 30 } }).steps, { 1, 2, 30 })
end)

test("errors", function()
  local f, x = function(x) return (x ^ 2):sum() end, eb.ones { 2 }
  raises(function() eb.landscape.line(3, x, x) end, here(), "line: argument 1: expected the loss, a function, got number")
  raises(function() eb.landscape.line(f, x, eb.ones { 3 }) end, here(), "line: direction: expected shape [2]")
  raises(function() eb.landscape.line(f, x, x, { point = 3 }) end, here(), "line: unknown option 'point' (did you mean 'points'?)")
  raises(function() eb.landscape.line(f, x, x, { points = 1 }) end, here(), "line: option 'points': expected a whole number from 2 on, got 1")
  raises(function() eb.landscape.line(f, x, x, { from = 1, to = 0 }) end, here(), "line: expected from < to, got 1 and 0")
  raises(function() eb.landscape.line(f, x, x, { data = 3 }) end, here(), "line: option 'data': expected a dataset, {x, y} or a tensor, got number")
  raises(function() eb.landscape.line(function(x) return x end, x, x) end, here(), "line: the loss: expected a scalar, got shape [2]")
  raises(function() eb.landscape.line(function() return nil end, x, x) end, here(), "line: the loss: expected a scalar, got nil")
  raises(function() eb.landscape.line(function(x) return x:smu() end, x, x) end, here(), "did you mean 'sum'?")
  raises(function() eb.landscape.line(f, x, x).los() end, here(), "loss line has no member 'los'")
  raises(function() eb.landscape.plane(f, x, x) end, here(), "plane: second direction: expected a tree like the parameters, got nil")
  raises(function() eb.landscape.barrier(f, x, eb.ones { 3 }) end, here(), "barrier: argument 3: expected shape [2]")
  raises(function() eb.landscape.interpolate(x, x, 1) end, here(), "interpolate: argument 3: expected a whole number from 2 on, got 1")
  raises(function() eb.landscape.filter_normalize(x, x, { vectors = "none" }) end, here(), "filter_normalize: option 'vectors': expected \"zero\"")
  raises(function() eb.landscape.filter_normalize(x, x, { dim = 3 }) end, here(), "filter_normalize: option 'dim': expected 1 or 2, got 3")
  raises(function() eb.landscape.trajectory(3) end, here(), "trajectory: argument 1: expected a run or a list of parameters, got number")
  raises(function() eb.landscape.trajectory { x } end, here(), "trajectory: expected at least 2 points, got 1")
  raises(function() eb.landscape.trajectory { x, 2 * x, 3 * x } end, here(), "trajectory: the path has only 1 direction; give k = 1")
  raises(function() eb.landscape.trajectory({ x, 2 * x }, { k = 1, origin = "middle" }) end, here(), "option 'origin': expected \"last\", \"first\" or \"mean\"")
  raises(function() eb.landscape.trajectory({ x, 2 * x }, { k = 1 }):plane(f) end, here(), "trajectory:plane: there is one direction")
end)
