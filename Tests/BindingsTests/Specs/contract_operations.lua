-- Reductions, orders, products and linear algebra against plain Lua loops, on every shape, dtype and layout.

local float64 = { dtype = "float64" }
local nan, inf = 0 / 0, math.huge

local function draw(shape, seed) return eb.randn(shape, { rng = eb.rng(seed or 1), dtype = "float64" }) end

-- All numbers of a nested table, in order.
local function flat(t, out)
  out = out or {}
  if type(t) ~= "table" then out[#out + 1] = t else for _, v in ipairs(t) do flat(v, out) end end
  return out
end

local function fold(f, start) return function(v) local a = start; for _, x in ipairs(v) do a = f(a, x) end; return a end end
local sum, prod = fold(function(a, x) return a + x end, 0), fold(function(a, x) return a * x end, 1)
local function mean(v) return sum(v) / #v end
local function var(v) local m, s = mean(v), 0; for _, x in ipairs(v) do s = s + (x - m) ^ 2 end; return s / #v end
local function sorted(v) local c = table.move(v, 1, #v, 1, {}); table.sort(c); return c end
local function quantile(q) return function(v)
  local s, place = sorted(v), q * (#v - 1) + 1
  local low = math.floor(place)
  return s[low] + (place - low) * ((s[low + 1] or s[low]) - s[low])
end end

local reductions = {
  sum = { function(x, ...) return x:sum(...) end, sum, 0 }, mean = { function(x, ...) return x:mean(...) end, mean, nan },
  prod = { function(x, ...) return x:prod(...) end, prod, 1 }, var = { function(x, ...) return x:var(...) end, var, nan },
  std = { function(x, ...) return x:std(...) end, function(v) return math.sqrt(var(v)) end, nan },
  max = { function(x, ...) return (x:max(...)) end, function(v) return math.max(table.unpack(v)) end },
  min = { function(x, ...) return (x:min(...)) end, function(v) return math.min(table.unpack(v)) end },
  logsumexp = { function(x, ...) return x:logsumexp(...) end, function(v) local s = 0; for _, x in ipairs(v) do s = s + math.exp(x) end; return math.log(s) end, -inf },
  median = { function(x, ...) return (x:median(...)) end, quantile(0.5) },
  quantile = { function(x, ...) return x:quantile(0.3, ...) end, quantile(0.3) },
  norm = { function(x, ...) return x:norm(2, ...) end, function(v) local s = 0; for _, x in ipairs(v) do s = s + x * x end; return math.sqrt(s) end, 0 },
  norm1 = { function(x, ...) return x:norm(1, ...) end, function(v) local s = 0; for _, x in ipairs(v) do s = s + math.abs(x) end; return s end, 0 },
  norm0 = { function(x, ...) return x:norm(0, ...) end, function(v) local s = 0; for _, x in ipairs(v) do s = s + (x ~= 0 and 1 or 0) end; return s end, 0 },
  normInf = { function(x, ...) return x:norm(inf, ...) end, function(v) local s = 0; for _, x in ipairs(v) do s = math.max(s, math.abs(x)) end; return s end, 0 },
  normHalf = { function(x, ...) return x:norm(0.5, ...) end, function(v) local s = 0; for _, x in ipairs(v) do s = s + math.abs(x) ^ 0.5 end; return s ^ 2 end, 0 },
  norm3 = { function(x, ...) return x:norm(3, ...) end, function(v) local s = 0; for _, x in ipairs(v) do s = s + math.abs(x) ^ 3 end; return s ^ (1 / 3) end, 0 },
}

test("reductions over all, one and several dimensions, in every layout", function()
  local base = draw { 3, 4, 2 }
  for name, case in pairs(reductions) do
    local f, oracle = case[1], case[2]
    for layout, x in pairs { packed = base, turned = base:permute { 3, 1, 2 }:clone():permute { 2, 3, 1 }, sliced = eb.cat({ base, base }, 2):split(4, 2)[2], flipped = base:flip():flip() } do
      close(f(x), oracle(flat(x:totable())), 1e-12)
      for d = 1, 3 do
        local moved = x:transpose(d, 3):reshape { -1, x.shape[d] }:totable()
        local values = {}
        for i, row in ipairs(moved) do values[i] = oracle(row) end
        -- transpose puts dimension 3 where d was.
        local shape = { 3, 4, 2 }
        shape[d], shape[3] = shape[3], nil
        close(f(x, d), eb.tensor(values, float64):reshape(d == 3 and { 3, 4 } or d == 1 and { 2, 4 } or { 3, 2 }):transpose(1, d == 1 and 2 or 1), 1e-12)
        local kept = { 3, 4, 2 }
        kept[d] = 1
        equal(f(x, d, { keepdims = true }).shape, kept)
      end
      close(f(x, { 1, 3 }), f(x:permute { 2, 1, 3 }:reshape { 4, 6 }, 2), 1e-12)
      equal(f(x, { -3, -1 }, { keepdims = true }).shape, { 1, 4, 1 })
    end
    -- A scalar, and lanes.
    close(f(eb.tensor(-1.5, float64)), oracle { -1.5 }, 1e-14)
    close(eb.vmap(function(a) return f(a) end)(base), f(base, { 2, 3 }), 1e-12)
    -- Over nothing.
    for _, x in ipairs { eb.zeros({ 0 }, float64), eb.zeros({ 3, 0 }, float64), eb.zeros({ 0, 3 }, float64) } do
      if case[3] == nil then raises(function() f(x) end, name)
      else equal(f(x), case[3]) end
    end
    equal(f(eb.zeros({ 0, 3 }, float64), 2).shape, { 0 })
    if case[3] ~= nil then equal(f(eb.zeros({ 0, 3 }, float64), 1), { case[3], case[3], case[3] }) end
  end
end)

test("dtypes of reductions", function()
  local expected = {
    sum = { "float32", "int32", "int32" }, prod = { "float32", "int32", "int32" }, max = { "float32", "int32", "bool" }, min = { "float32", "int32", "bool" },
    cumsum = { "float32", "int32", "int32" }, sort = { "float32", "int32", "bool" }, argmax = { "int32", "int32", "int32" }, argsort = { "int32", "int32", "int32" },
    any = { "bool", "bool", "bool" }, all = { "bool", "bool", "bool" },
  }
  for _, name in ipairs { "mean", "var", "std", "logsumexp", "median", "norm", "softmax", "log_softmax" } do expected[name] = { "float32", "float32", "float32" } end
  for name, dtypes in pairs(expected) do
    for i, dtype in ipairs { "float32", "int32", "bool" } do equal((eb[name](eb.ones({ 3 }, { dtype = dtype }))).dtype, dtypes[i]) end
    equal((eb[name](eb.ones({ 3 }, float64))).dtype, dtypes[1] == "float32" and "float64" or dtypes[1])
  end
  equal(eb.tensor { true, false, true }:sum():item(), 2)
  equal(eb.tensor { true, false }:min():item(), false)
  equal((eb.tensor { true, false }:sort()), { false, true })
  equal((eb.tensor { true, false }:topk(1)), { true })
end)

test("correction is subtracted from n", function()
  local v = { 1, 2, 4, 7 }
  local x = eb.tensor(v, float64)
  for correction = 0, 3 do
    close(x:var { correction = correction }:item(), var(v) * 4 / (4 - correction), 1e-14)
    close(x:std(1, { correction = correction }):item(), math.sqrt(var(v) * 4 / (4 - correction)), 1e-14)
  end
  equal(x:var():item(), var(v))
end)

test("orders: stable both ways, NaN last, positions from 1", function()
  local x = eb.tensor { 2, nan, 1, 2, -inf, inf, 1, -0.0, 0.0 }
  local _, up = x:sort()
  equal(up, { 5, 8, 9, 3, 7, 1, 4, 6, 2 })
  local _, down = x:sort { descending = true }
  equal(down, { 6, 1, 4, 3, 7, 8, 9, 5, 2 })
  equal(x:argsort(), up)
  equal(x:index(1, up), (x:sort()))
  local values, places = x:topk(3)
  equal(values, { inf, 2, 2 })
  equal(places, { 6, 1, 4 })
  values, places = x:topk(2, 1, { largest = false })
  equal(places, { 5, 8 })
  equal({ x:max():item(), x:argmax():item(), x:argmin():item() }, { nan, 2, 2 })
  assert(x:median():isnan():item() and x:quantile(0.1):isnan():item())
  -- Long rows take another way through the kernel.
  local long = draw({ 5000 }, 3)
  local s, p = long:sort()
  equal(long:index(1, p), s)
  assert((s[{ { 2, 5000 } }] - s[{ { 1, 4999 } }]):ge(0):all():item())
  for _, shape in ipairs { { 0 }, { 3, 0 }, { 0, 3 } } do
    equal((eb.zeros(shape):sort()).shape, shape)
    equal(eb.zeros(shape):argsort(1).shape, shape)
  end
  equal((eb.zeros { 0, 3 }:topk(0, 1)).shape, { 0, 3 })
end)

test("median and quantiles: middle two, index of the lower one, linear and nearest", function()
  local x = eb.tensor({ 40, 10, 30, 20 }, float64)
  local value, place = x:median(1)
  equal({ value:item(), place:item() }, { 25, 4 })
  for _, q in ipairs { 0, 0.1, 0.25, 1 / 3, 0.5, 0.9, 1 } do close(x:quantile(q):item(), quantile(q) { 40, 10, 30, 20 }, 1e-14) end
  close(x:quantile(eb.tensor({ 0.1, 0.5 }, float64)), { 13, 25 }, 1e-14)
  equal(x:quantile({ 0, 1 }, 1, { keepdims = true }).shape, { 2, 1 })
  -- place q (n − 1) of 0, 1, 2, 3, ties to the even one.
  for q, expected in pairs { [0.16] = 10, [1 / 6 + 1e-9] = 20, [0.5] = 30, [0.84] = 40 } do equal(x:quantile(q, { method = "nearest" }):item(), expected) end
  for _, q in ipairs { -0.1, 1.1, nan } do raises(function() x:quantile(q) end, "between 0 and 1") end
  raises(function() x:quantile {} end, "fraction")
end)

test("scans and softmax on empty and single rows", function()
  for _, name in ipairs { "softmax", "log_softmax", "cumsum" } do
    for _, shape in ipairs { { 0 }, { 3, 0 }, { 0, 3 } } do
      for d = 1, #shape do equal(eb[name](eb.zeros(shape), d).shape, shape) end
    end
    raises(function() eb[name](eb.tensor(1)) end, name, "scalar")
  end
  equal(eb.tensor { 5 }:softmax(), { 1 })
  equal(eb.tensor { -inf, 0, -inf }:softmax(), { 0, 1, 0 })
  equal(eb.tensor { 1e4, -1e4 }:log_softmax(), { 0, -2e4 })
  equal(eb.tensor { -inf, -inf }:logsumexp():item(), -inf)
  equal(eb.tensor { inf, 0 }:logsumexp():item(), inf)
end)

-- einsum by its definition: a loop over all letters.
local function bruteEinsum(formula, ...)
  local tensors, left, right = { ... }, formula:match("(.*)%->(.*)")
  local sizes, letters, i = {}, {}, 0
  for part in (left .. ","):gmatch("(.-),") do
    i = i + 1
    for k = 1, #part do
      local c = part:sub(k, k)
      if not sizes[c] then letters[#letters + 1] = c end
      sizes[c] = tensors[i].shape[k]
    end
  end
  local shape = {}
  for c in right:gmatch(".") do shape[#shape + 1] = sizes[c] end
  local tables = {}
  for k, t in ipairs(tensors) do tables[k] = t:totable() end
  local result = {}
  local count = 1
  for _, c in ipairs(letters) do count = count * sizes[c] end
  for n = 0, count - 1 do
    local at, rest = {}, n
    for _, c in ipairs(letters) do at[c], rest = rest % sizes[c] + 1, rest // sizes[c] end
    local product, k = 1, 0
    for part in (left .. ","):gmatch("(.-),") do
      k = k + 1
      local value = tables[k]
      for c in part:gmatch(".") do value = value[at[c]] end
      product = product * value
    end
    local place = 0
    for c in right:gmatch(".") do place = place * sizes[c] + at[c] - 1 end
    result[place + 1] = (result[place + 1] or 0) + product
  end
  return eb.tensor(result, float64):reshape(shape)
end

test("einsum is its definition", function()
  local sizes = { a = 2, b = 3, c = 4, d = 2, e = 3 }
  local function operand(labels, seed)
    local shape = {}
    for c in labels:gmatch(".") do shape[#shape + 1] = sizes[c] end
    return draw(shape, seed)
  end
  for _, formula in ipairs {
    "a->a", "ab->ba", "ab->", "ab->b", "aa->a", "aa->", "aab->ba", "aaba->ab", "a,a->", "a,b->ab", "a,b->ba", "a,a->a", "ab,b->a", "ab,bc->ac",
    "ab,bc->ca", "abc,cb->a", "ab,ab->", "ab,ba->ab", "abc,abd->acd", "abc,dbc->da", "ab,bc,cd->ad", "ab,cd,e->eca", "ab,bc,ca->", "aab,bcc,ca->b",
    "a,a,a,a->a", "ab,bc,cd,de,ea->", "a,ab,bc,cd,d->", "a,ab,bc,cd,de,e->c", "ab,ab,ab,bc,bc,ca,c,a,b->", "abcde,abcde->", "a,b,c,d,e->edcba",
  } do
    local operands = {}
    local left = formula:match("(.*)%->")
    for part in (left .. ","):gmatch("(.-),") do operands[#operands + 1] = operand(part, #operands + 1) end
    close(eb.einsum(formula, table.unpack(operands)), bruteEinsum(formula, table.unpack(operands)), 1e-12)
    if #operands <= 3 then assert(eb.check_grad(function(...) return (eb.einsum(formula, ...) ^ 2):sum() end, table.unpack(operands)) < 1e-5, formula) end
  end
end)

test("einsum: the implicit result, dots, spaces, dtypes, lanes, empty sums", function()
  local a, b = draw({ 2, 3 }, 1), draw({ 3, 4 }, 2)
  close(eb.einsum("ij,jk", a, b), a:mm(b), 1e-14)
  close(eb.einsum("ba", a), a:t(), 0)
  close(eb.einsum(" i j , j k -> i k ", a, b), a:mm(b), 1e-14)
  local x, y = draw({ 5, 1, 2, 3 }, 3), draw({ 4, 3, 2 }, 4)
  close(eb.einsum("...ij,...jk->...ik", x, y), x:mm(y), 1e-13)
  close(eb.einsum("...ij,...jk", x, y), x:mm(y), 1e-13)
  close(eb.einsum("i...->...i", x), x:permute { 2, 3, 4, 1 }, 0)
  close(eb.einsum("...->...", x), x, 0)
  close(eb.einsum("...i->...", x), x:sum(-1), 1e-14)
  close(eb.einsum("...,...->", a, a), (a * a):sum(), 1e-13)
  close(eb.einsum("...i,...i->...", draw({ 4, 2, 3 }, 5), draw({ 3 }, 6)), draw({ 4, 2, 3 }, 5):mm(draw({ 3 }, 6)), 1e-14)
  close(eb.einsum("b...,b...->b...", draw({ 2, 1, 3 }, 7), draw({ 2, 3 }, 8)).shape, { 2, 1, 3 })
  equal(eb.einsum(",->", eb.tensor(2), eb.tensor(3)):item(), 6)
  local n = eb.tensor({ 1, 2, 3 }, { dtype = "int32" })
  equal(eb.einsum("i,i->", n, n).dtype, "int32")
  equal(eb.einsum("i,i->", n, n):item(), 14)
  equal(eb.einsum("i->i", eb.tensor { true }).dtype, "int32")
  equal(eb.einsum("i,i->i", n, eb.ones { 3 }).dtype, "float32")
  equal(eb.einsum("i,i->i", eb.ones { 3 }, draw { 3 }).dtype, "float64")
  equal(eb.einsum("ij,jk->ik", eb.zeros { 2, 0 }, eb.zeros { 0, 3 }), eb.zeros { 2, 3 })
  equal(eb.einsum("ij,jk->ik", eb.zeros { 0, 2 }, eb.zeros { 2, 3 }).shape, { 0, 3 })
  close(eb.vmap(function(r) return eb.einsum("i,ij,j->", r, b:mm(b:t()), r) end)(a), eb.einsum("bi,ij,kj,bk->b", a, b, b, a), 1e-12)
  for formula, text in pairs {
    ["ij,jk->ik"] = "names 2 operands, got 1", ["i1->i"] = "'1' is no letter", ["ij->iz"] = "'z' of the result", ["ij->ii"] = "twice", ["ijk->"] = "'ijk'",
    ["i->"] = "'i' but has shape [2, 3]", [".ij->ij"] = "\"...\"", ["ij...k->"] = "has shape [2, 3]", ["ii->i"] = "'i' has size 2",
  } do raises(function() eb.einsum(formula, a) end, "einsum: \"" .. formula .. "\"", text) end
  raises(function() eb.einsum("...i,...i->...", eb.zeros { 2, 3 }, eb.zeros { 3, 3 }) end, "\"...\"", "size 2")
end)

test("einsum contracts in the order of fewest multiplications", function()
  -- Left to right the outer product alone would have 4·10^10 elements; the good order has none above 2·10^5.
  local u, v = draw({ 200000 }, 1), draw({ 200000 }, 2)
  close(eb.einsum("i,j,i,j->", u, v, u, v):item(), (u:dot(u) * v:dot(v)):item(), 1e-9)
  -- A chain from its thin end, though the other pair has a smaller growth.
  local a, x = draw({ 1000, 1000 }, 3), draw({ 1000 }, 4)
  close(eb.einsum("ij,jk,kl,lm,m->i", a, a, a, a, x), a:mm(a:mm(a:mm(a:mm(x)))), 1e-9)
end)

test("products keep to NumPy's rules", function()
  for _, case in ipairs {
    { { 3 }, { 3 }, {} }, { { 3 }, { 3, 4 }, { 4 } }, { { 2, 3 }, { 3 }, { 2 } }, { { 5, 2, 3 }, { 3 }, { 5, 2 } }, { { 3 }, { 5, 3, 4 }, { 5, 4 } },
    { { 5, 1, 2, 3 }, { 6, 3, 4 }, { 5, 6, 2, 4 } }, { { 2, 0 }, { 0, 4 }, { 2, 4 } }, { { 0, 3 }, { 3, 4 }, { 0, 4 } }, { { 0, 2, 3 }, { 3, 4 }, { 0, 2, 4 } },
  } do equal(draw(case[1]):mm(draw(case[2])).shape, case[3]) end
  equal(eb.zeros { 2, 0 }:mm(eb.zeros { 0, 3 }), eb.zeros { 2, 3 })
  for _, case in ipairs { { { 2, 3 }, { 2, 3 } }, { { 3 }, { 2 } }, { { 2, 2, 3 }, { 3, 3, 4 } }, { {}, { 3 } } } do
    raises(function() eb.zeros(case[1]):mm(eb.zeros(case[2])) end, "mm")
  end
  equal(eb.tensor { 1, 2 }:cast("int32"):outer(eb.tensor({ 3 }, { dtype = "int32" })).dtype, "int32")
end)

test("linear algebra: wide, tall, square, single, empty, stacked, both precisions, integers", function()
  for _, precision in ipairs { "float64", "float32" } do
    local tolerance = precision == "float64" and 1e-11 or 2e-3
    for _, shape in ipairs { { 3, 3 }, { 5, 2 }, { 2, 5 }, { 1, 1 }, { 4, 1 }, { 1, 4 }, { 0, 0 }, { 3, 0 }, { 0, 3 }, { 2, 3, 3 }, { 2, 2, 4, 3 }, { 0, 3, 2 } } do
      local A = draw(shape, 9):cast(precision)
      local m, n = shape[#shape - 1], shape[#shape]
      local k = math.min(m, n)
      local U, s, Vt = eb.linalg.svd(A)
      equal({ U.shape[#shape], s.shape[#shape - 1], Vt.shape[#shape - 1] }, { k, k, k })
      equal({ U.dtype, s.dtype, Vt.dtype }, { precision, precision, precision })
      close((U * s:unsqueeze(#shape - 1)):mm(Vt), A, tolerance)
      close(eb.linalg.svdvals(A), s, tolerance)
      local Q, R = eb.linalg.qr(A)
      close(Q:mm(R), A, tolerance)
      close(R:triu(), R, 0)
      close(eb.linalg.pinv(A):mm(A):mm(eb.linalg.pinv(A)), eb.linalg.pinv(A), tolerance)
      close(eb.linalg.norm(A), A:norm(2, { -2, -1 }), tolerance)
      close(eb.linalg.norm(A, "nuc"), s:sum(-1), tolerance)
      close(eb.linalg.norm(A, 2), s:norm(inf, -1), tolerance)
      close(eb.linalg.norm(A, 1), A:abs():sum(-2):norm(inf, -1), tolerance)
      close(eb.linalg.norm(A, "inf"), A:abs():sum(-1):norm(inf, -1), tolerance)
      equal(eb.linalg.matrix_rank(A), eb.full(s:sum(-1).shape, k))
      close(eb.linalg.trace(A), A:diag():sum(-1), tolerance)
      close(A:mm(eb.linalg.lstsq(A, A)), A, tolerance)
      if m == n then
        local S = A:mm(A:transpose(-1, -2)) + eb.eye(n, { dtype = precision })
        local values, vectors = eb.linalg.eigh(S)
        close((vectors * values:unsqueeze(#shape - 1)):mm(vectors:transpose(-1, -2)), S, tolerance)
        close(eb.linalg.eigvalsh(S), values, tolerance)
        local L = eb.linalg.cholesky(S)
        close(L:mm(L:transpose(-1, -2)), S, tolerance)
        close(eb.linalg.inv(S):mm(S), eb.eye(n):expand(S.shape), tolerance)
        close(S:mm(eb.linalg.solve(S, A)), A, tolerance)
        close(L:mm(eb.linalg.triangular_solve(L, A)), A, tolerance)
        close(eb.linalg.det(S), values:prod(-1), tolerance * 100)
        local sign, logabs = eb.linalg.slogdet(S)
        close(logabs, values:log():sum(-1), tolerance)
        close(sign, eb.ones(logabs.shape), 0)
        close(eb.linalg.expm(A):mm(eb.linalg.expm(-A)), eb.eye(n):expand(S.shape), tolerance * 10)
      else
        for _, name in ipairs { "eigh", "cholesky", "inv", "det", "slogdet", "expm", "eigvalsh" } do raises(function() eb.linalg[name](A) end, name:gsub("valsh", "h") .. ": expected square") end
      end
    end
  end
  for _, name in ipairs { "svd", "qr", "eigh", "cholesky", "inv", "det", "slogdet", "expm", "eigvalsh", "svdvals", "trace", "matrix_rank", "pinv" } do
    local whole = eb.tensor({ { 2, 1 }, { 1, 3 } }, { dtype = "int32" })
    local result = eb.linalg[name](whole)
    equal(result.dtype, (name == "trace" or name == "matrix_rank") and "int32" or "float32")
    raises(function() eb.linalg[name](eb.tensor(1)) end, "shape []")
  end
end)

test("linear algebra: broadcast right-hand sides, kron, vectors, and what can't be done", function()
  local A, b = draw({ 3, 3 }, 1) + 3 * eb.eye(3, float64), draw({ 3 }, 2)
  local stack = eb.stack { A, A:t() }
  close(eb.linalg.solve(stack, b)[2], eb.linalg.solve(A:t(), b), 1e-13)
  close(eb.linalg.solve(A, draw { 2, 3, 4 })[2], eb.linalg.solve(A, draw({ 2, 3, 4 })[2]), 1e-13)
  equal(eb.linalg.solve(A, eb.zeros { 3, 0 }).shape, { 3, 0 })
  equal(eb.linalg.kron(eb.ones { 2, 0 }, eb.ones { 2, 2 }).shape, { 4, 0 })
  close(eb.linalg.kron(A, stack[2])[{ { 4, 6 }, { 4, 6 } }], A[{ 2, 2 }] * A:t(), 1e-13)
  for p, expected in pairs { [1] = 7, [2] = 5, [inf] = 4 } do equal(eb.linalg.norm(eb.tensor { 3, -4 }, p):item(), expected) end
  local singular = eb.ones({ 2, 2 }, float64)
  raises(function() eb.linalg.inv(singular) end, "singular", "pinv")
  raises(function() eb.linalg.solve(singular, eb.ones { 2 }) end, "solve", "singular")
  raises(function() eb.linalg.cholesky(-A:mm(A:t())) end, "cholesky", "not positive definite")
  raises(function() eb.linalg.cholesky(eb.stack { eb.eye(2), -eb.eye(2) }) end, "matrix 2 of 2")
  raises(function() eb.linalg.svd(eb.full({ 2, 2 }, nan)) end, "svd", "NaN")
  equal(eb.linalg.det(singular):item(), 0)
  local sign, logabs = eb.linalg.slogdet(singular)
  equal({ sign:item(), logabs:item() }, { 0, -inf })
  equal(eb.linalg.matrix_rank(singular):item(), 1)
  equal(eb.linalg.matrix_rank(eb.tensor({ { 1, 0 }, { 0, 1e-3 } }), { cutoff = 1e-2 }):item(), 1)
  raises(function() eb.linalg.norm(singular, 3) end, "norm", "\"nuc\"")
end)

test("values near and beyond the limits", function()
  equal(eb.tensor { -1 / 0, 1 / 0, 0 / 0, 0 }:sign(), { -1, 1, nan, 0 })
  equal(eb.tensor { 0.5, 1.5, 2.5, -0.5 }:round(), { 0, 2, 2, 0 })
  equal(eb.tensor({ 2147483647 }, { dtype = "int32" })[1]:item(), 2147483647)
  equal(eb.tensor { 0 }:log():item(), -inf)
  equal(eb.tensor { 0 }:rsqrt():item(), inf)
  assert(eb.tensor { -1 }:sqrt():isnan():item())
  equal(eb.tensor { 0 } ^ 0, { 1 })
  equal(eb.tensor { nan }:maximum(1):isnan(), { true })
  equal(eb.tensor { 800, -800 }:softplus(), { 800, 0 })
  equal(eb.tensor { 800, -800 }:sigmoid(), { 1, 0 })
  equal(eb.tensor { 800, -800 }:tanh(), { 1, -1 })
  close(eb.tensor({ 1e-300 }, float64):log1p():item(), 1e-300, 0)
end)
