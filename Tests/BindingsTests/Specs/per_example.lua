-- Everything an object of per_example answers, from the materialised gradients of vmap(grad).
local function reference(f, p, ...)
  local axes = { false }
  for i = 1, select("#", ...) do axes[i + 1] = 1 end
  return eb.vmap(eb.grad(f), axes)(p, ...)
end

local function rows(tree)
  local parts = {}
  for i, leaf in ipairs(eb.tree.leaves(tree)) do parts[i] = leaf:reshape { #leaf, -1 } end
  return eb.cat(parts, 2)
end

local function flat(tree) return (eb.tree.flatten(tree)) end

-- The paths of the leaves of a tree with names or numbers for keys; none for a tensor.
local function places(t, prefix)
  local found, keys = {}, {}
  if type(t) == "userdata" then return prefix and { prefix } or {} end
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do
    for _, path in ipairs(places(t[key], prefix and prefix .. "." .. key or tostring(key))) do found[#found + 1] = path end
  end
  return found
end

-- Compares every method with what the materialised gradients say.
local function check(f, p, ...)
  local g = eb.per_example(f)(p, ...)
  local all = reference(f, p, ...)
  local G = rows(all)
  local m = #G
  equal(g.count, m)
  local axes = { false }
  for i = 1, select("#", ...) do axes[i + 1] = 1 end
  close(g:losses(), eb.vmap(f, axes)(p, ...), 1e-12)
  close(g:norms(), G:norm(2, 2), 1e-12)
  close(g:gram(), G:mm(G:t()), 1e-12)
  close(flat(g:mean()), G:mean(1), 1e-12)
  close(rows(g:materialize()), G, 1e-12)
  local bits = {}
  for i = 1, m do bits[i] = i % 3 == 1 end
  local mask = eb.tensor(bits)
  local inside, outside = g:group_sums(mask)
  local weights = eb.where(mask, 1, 0):cast("float64")
  close(flat(inside), weights:mm(G), 1e-12)
  close(flat(outside), (1 - weights):mm(G), 1e-12)
  close(flat(g:var()), G:var(1), 1e-12)
  close(flat(g:quantile(0.3)), G:quantile(0.3, 1), 1e-12)
  close(flat(g:median()), (G:median(1)), 1e-12)
  local low, high = G:quantile(0.2, 1, { method = "nearest" }), G:quantile(0.8, 1, { method = "nearest" })
  close(flat(g:winsorized { c = 20 }), G:maximum(low):minimum(high):mean(1), 1e-12)
  local sum = G:sum(1)
  close(g:coherence(), sum:dot(sum):item() / (G * G):sum():item(), 1e-12)
  local v = eb.tree.randn_like(p, { rng = eb.rng(77) })
  close(g:dot(v), G:mm(flat(v)), 1e-12)
  for i, place in ipairs(places(p)) do
    local part = g:restrict(place)
    local own = eb.tree.leaves(all)[i]:reshape { m, -1 }
    close(part:gram(), own:mm(own:t()), 1e-12)
    close(rows(part:materialize()), own, 1e-12)
  end
  -- The mean is shaped like p, materialize has the examples in front.
  local means, every = eb.tree.leaves(g:mean()), eb.tree.leaves(g:materialize())
  for i, leaf in ipairs(eb.tree.leaves(p)) do
    equal(means[i].shape, leaf.shape)
    equal(means[i].dtype, leaf.dtype)
    equal(every[i].shape, { m, table.unpack(leaf.shape) })
  end
  return g
end

local function randn(shape, seed) return eb.randn(shape, { rng = eb.rng(seed), dtype = "float64" }) end

test("mlp with cross entropy", function()
  local net = eb.nn.mlp { 5, 7, 6, 3, act = "tanh" }
  local p = net:init { rng = eb.rng(1), dtype = "float64" }
  local X = randn({ 10, 5 }, 2)
  local y = eb.randint({ 10 }, 1, 3, { rng = eb.rng(3) })
  local function loss(q, x, t) return eb.loss.cross_entropy(net(q, x), t) end
  local g = check(loss, p, X, y)
  equal(tostring(g), "per-example gradients of 10 examples")
  -- The mean gradient is the gradient of the mean loss.
  local whole = eb.grad(function(q) return eb.loss.cross_entropy(net(q, X), y) end)(p)
  close(flat(g:mean()), flat(whole), 1e-13)
  check(loss, p, X[{ { 1, 1 } }], y[{ { 1, 1 } }])
  local relu = eb.nn.mlp { 5, 8, 3 }
  check(function(q, x, t) return eb.loss.cross_entropy(relu(q, x), t) end, relu:init { rng = eb.rng(4), dtype = "float64" }, X, y)
end)

test("a tensor as parameters, linear regression in closed form", function()
  local X, y, w = randn({ 6, 4 }, 5), randn({ 6 }, 6), randn({ 4 }, 7)
  local g = check(function(v, x, t) return (v:dot(x) - t) ^ 2 / 2 end, w, X, y)
  local r = X:mm(w) - y
  close(g:norms(), r:abs() * X:norm(2, 2), 1e-13)
  close(g:mean(), X:t():mm(r) / 6, 1e-13)
end)

test("weights that are used twice", function()
  local p = { w = randn({ 4, 4 }, 8), b = randn({ 4 }, 9) }
  local X = randn({ 5, 4 }, 10)
  check(function(q, x)
    local h = (x:mm(q.w) + q.b):tanh()
    return ((h:mm(q.w) + q.b):tanh() ^ 2):sum()
  end, p, X)
  -- Once as it is and once transposed, as in an autoencoder with tied weights.
  check(function(q, x) return ((x:mm(q.w):tanh():mm(q.w:t()) + q.b - x) ^ 2):sum() end, p, X)
end)

test("a parameter that enters nonlinearly", function()
  local p = { w = randn({ 4, 3 }, 11), s = randn({ 3 }, 12) }
  local X = randn({ 6, 4 }, 13)
  check(function(q, x) return (x:mm(q.w:tanh()) * q.s:exp()):sum() ^ 2 end, p, X)
  -- Directly and nonlinearly at once: outer and dense terms of the same parameter.
  check(function(q, x) return (x:mm(q.w) * q.s):sum() + (q.w ^ 3 * x:reshape { 4, 1 }):sum() end, p, X)
  -- The parameter on the left of a product, and as a vector.
  check(function(q, x) return (q.w:t():mm(x) * q.s):sum():tanh() end, p, X)
end)

test("products with several rows an example, as in convolutions and attention", function()
  local p = { w = randn({ 3, 4 }, 14), v = randn({ 4, 2 }, 15) }
  local X = randn({ 5, 6, 3 }, 16)
  check(function(q, x) return ((x:mm(q.w):tanh():mm(q.v)) ^ 2):sum() end, p, X)
  check(function(q, x) local k = x:mm(q.w) return (k:mm(k:t()):softmax(2):mm(x)):sum() ^ 2 + (k:mm(q.v)):sum() end, p, X)
  -- More than one leading dimension within an example.
  check(function(q, x) return (x:reshape { 2, 3, 3 }:mm(q.w):tanh() ^ 2):sum() end, p, X)
end)

-- What users compose: each against the gradients of vmap(grad).
test("networks of every kind of layer", function()
  local D = "float64"
  local function go(net, X, y, options)
    local p = net:init { rng = eb.rng(40), dtype = D }
    check(function(q, x, t) return eb.loss.cross_entropy(net(q, x:reshape(1, table.unpack(x.shape))), t:reshape(1)) end, p, X, y)
  end
  local labels = eb.tensor({ 1, 2, 3, 2 }, { dtype = "int32" })
  go(eb.nn.sequential { eb.nn.conv2d(2, 3, 3, { padding = 1 }), eb.nn.relu(), eb.nn.maxpool2d(2), eb.nn.flatten(), eb.nn.linear(12, 3) },
    randn({ 4, 2, 4, 4 }, 41), labels)
  go(eb.nn.sequential { eb.nn.linear(5, 6), eb.nn.layernorm(6), eb.nn.tanh(), eb.nn.linear(6, 3) }, randn({ 4, 5 }, 42), labels)
  local attention, read = eb.nn.sequential { eb.nn.attention(4, 2), eb.nn.flatten() }, eb.nn.linear(12, 3)
  go(eb.nn.sequential { attention, read }, randn({ 4, 3, 4 }, 43), labels)
  go(eb.nn.sequential { eb.nn.embedding(7, 4), eb.nn.flatten(), eb.nn.linear(12, 3) },
    eb.tensor({ { 1, 2, 3 }, { 4, 4, 4 }, { 7, 1, 7 }, { 2, 6, 5 } }, { dtype = "int32" }), labels)
end)

test("a model written with einsum", function()
  local p = { u = randn({ 3, 4, 2 }, 44), v = randn({ 2, 5 }, 45), scale = randn({ 5 }, 46) }
  check(function(q, x)
    local h = eb.einsum("ij,jkl->ikl", x, q.u):tanh()
    return ((eb.einsum("ikl,lm->im", h, q.v) * q.scale) ^ 2):sum()
  end, p, randn({ 6, 4, 3 }, 47))
end)

test("a parameter without influence", function()
  local p = { used = randn({ 3 }, 17), idle = randn({ 2, 2 }, 18) }
  local g = check(function(q, x) return q.used:dot(x) end, p, randn({ 4, 3 }, 19))
  equal(g:mean().idle, eb.zeros { 2, 2 })
  local none = eb.per_example(function(q, x) return x:sum() end)(p, randn({ 4, 3 }, 19))
  equal(none:norms(), { 0, 0, 0, 0 })
  assert(none:coherence() ~= none:coherence())
end)

test("examples as trees, and more than one argument", function()
  local p = { w = randn({ 3 }, 20) }
  local data = { a = randn({ 4, 3 }, 21), b = randn({ 4 }, 22) }
  local g = eb.per_example(function(q, e, s) return (q.w:dot(e.a) - e.b) * s end)(p, data, eb.tensor { 1, 2, 3, 4 })
  close(g:materialize().w, data.a * eb.tensor { 1, 2, 3, 4 }:reshape { 4, 1 }, 1e-13)
end)

test("m-coherence", function()
  local function coherence(matrix)
    return eb.per_example(function(w, x) return w:dot(x) end)(eb.zeros { #matrix[1], dtype = "float64" },
      eb.tensor(matrix, { dtype = "float64" })):coherence()
  end
  equal(coherence { { 1, 0, 0, 0, 0 }, { 0, 1, 0, 0, 0 }, { 0, 0, 1, 0, 0 }, { 0, 0, 0, 1, 0 }, { 0, 0, 0, 0, 1 } }, 1)
  equal(coherence { { 1, 2 }, { 1, 2 }, { 1, 2 }, { 1, 2 }, { 1, 2 } }, 5)
  equal(coherence { { 1, 0 }, { -1, 0 } }, 0)
  equal(coherence { { 1, 0 }, { 0, 1 }, { 1, 1 } }, 2)
end)

test("the shares of pristine and corrupt examples add up to 1", function()
  local train = eb.data.mnist_sample { limit = 200 }
  local noisy, mask = eb.perturb.label_noise(train, 0.5, { rng = eb.rng(1) })
  local net = eb.nn.mlp { 784, 16, 10 }
  local p = net:init { rng = eb.rng(2) }
  local g = eb.per_example(function(q, x, y) return eb.loss.cross_entropy(net(q, x), y) end)(p, noisy.x, noisy.y)
  local corrupt, pristine = g:group_sums(mask)
  local total = corrupt + pristine
  local norm = eb.tree.dot(total, total)
  close(eb.tree.dot(total, pristine) / norm + eb.tree.dot(total, corrupt) / norm, 1, 1e-6)
  close(flat(total), 200 * flat(g:mean()), 1e-5)
end)

test("float32 examples and float64 parameters, and the reverse", function()
  local p = randn({ 3 }, 1)
  local g = eb.per_example(function(w, x) return w:dot(x) end)(p, eb.ones { 4, 3 })
  equal(g:mean().dtype, "float64")
  g = eb.per_example(function(w, x) return w:dot(x) end)(p:cast("float32"), eb.ones { 4, 3, dtype = "float64" })
  equal(g:mean().dtype, "float32")
  equal(g:materialize().dtype, "float32")
  equal(g:coherence(), 4)
end)

test("nested in other transforms", function()
  local X = randn({ 5, 3 }, 30)
  -- The mean squared gradient norm as a function of the parameters, and its gradient.
  local function size(w)
    local g = eb.per_example(function(v, x) return (v:dot(x)):tanh() end)(w, X)
    return (g:norms() ^ 2):mean()
  end
  local w = randn({ 3 }, 31)
  assert(eb.check_grad(size, w) < 1e-6)
  local W = randn({ 4, 3 }, 32)
  local each = eb.vmap(size)(W)
  for i = 1, 4 do close(each[i], size(W[i]), 1e-13) end
  close(eb.vmap(function(v) return eb.per_example(function(u, x) return (u:dot(x)) ^ 2 end)(v, X):coherence() end)(W)[2],
    eb.per_example(function(u, x) return (u:dot(x)) ^ 2 end)(W[2], X):coherence(), 1e-12)
end)

test("errors", function()
  local p, X = eb.ones { 3 }, eb.ones { 4, 3 }
  local f = function(w, x) return w:dot(x) end
  local g = eb.per_example(f)(p, X)
  raises(function() eb.per_example(3) end, here(), "per_example: argument 1: expected function, got number")
  raises(function() eb.per_example(f)(p) end, "per_example: expected parameters and examples, got 1 argument")
  raises(function() eb.per_example(f)(p, X, eb.ones { 5 }) end, here(), "per_example", "equally many; got the shapes [4, 3] and [5]")
  raises(function() eb.per_example(f)(p, eb.ones { 0, 3 }) end, here(), "per_example: expected at least one example, got the shape [0, 3]")
  raises(function() eb.per_example(f)(p, X, 2) end, "per_example", "examples along dimension 1")
  raises(function() eb.per_example(function(w, x) return w * x end)(p, X) end, "loss of one example must be a scalar", "[3]")
  raises(function() eb.per_example(function() end)(p, X) end, "per_example: the function returned nothing")
  raises(function() eb.per_example(f)(eb.ones { 2 }, X) end, here(-9), "dot: sizes differ: 2 and 3")
  raises(function() eb.per_example(function(w, x) return w:dot(x):item() end)(p, X) end, here(), "item", "vmap")
  raises(function() g:group_sums(eb.ones { 4 }) end, here(), "group_sums: expected a mask bool[4], one entry an example, got float32[4]")
  raises(function() g:group_sums(eb.tensor { true }) end, "group_sums: expected a mask bool[4]", "bool[1]")
  raises(function() g:group_sums() end, "group_sums: argument 2: expected tensor")
  raises(function() g:dot(eb.ones { 2 }) end, here(), "dot: expected a direction like the parameters, [3], got [2]")
  raises(function() g:dot { eb.ones { 3 } } end, "dot: expected a direction like the parameters: only one of them is a table")
  local named = eb.per_example(function(q, x) return q.w:dot(x) end)({ w = p }, X)
  raises(function() named:dot { v = p } end, "dot: expected a direction like the parameters: 'v' is in only one of them")
  raises(function() named:restrict("v") end, here(), "restrict: there is no parameter 'v'; there are w")
  raises(function() return g.normz end, "did you mean 'norms'?")
end)
