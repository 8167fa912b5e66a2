test("mnist_sample is balanced and in range", function()
  local train, test = eb.data.mnist_sample()
  equal(#train, 2000)
  equal(#test, 1000)
  for set, each in pairs { [train] = 200, [test] = 100 } do
    equal(set.x.shape, { #set, 784 })
    equal(set.x.dtype, "float32")
    equal(set.y.shape, { #set })
    equal(set.y.dtype, "int32")
    equal(set.classes, 10)
    equal(set.x:min():item(), 0)
    equal(set.x:max():item(), 1)
    for class = 1, 10 do equal(set.y:eq(class):sum():item(), each) end
    -- Pixels are whole numbers of 255ths.
    local levels = set.x * 255
    assert((levels - levels:round()):abs():max():item() < 1e-4)
  end
  equal(tostring(train), "dataset: 2000 examples of [784], 10 classes")
  -- A digit's label is one more than the digit; ones have the least ink.
  local ink = {}
  for class = 1, 10 do ink[class] = train:pick(train.y:eq(class)).x:mean():item() end
  for class = 1, 10 do assert(class == 2 or ink[class] > ink[2]) end
end)

test("options of mnist_sample", function()
  local train, test = eb.data.mnist_sample { flatten = false, limit = 30 }
  equal(train.x.shape, { 30, 28, 28 })
  equal(#test, 30)
  equal(tostring(train), "dataset: 30 examples of [28, 28], 10 classes")
  equal(train.x:reshape { 30, 784 }, (eb.data.mnist_sample { limit = 30 }).x)
  raises(function() eb.data.mnist_sample { limt = 3 } end, here(), "mnist_sample: unknown option 'limt' (did you mean 'limit'?)")
  raises(function() eb.data.mnist_sample { dir = "x" } end, here(), "unknown option 'dir'")
  raises(function() eb.data.mnist_sample { 30 } end, here(), "mnist_sample: options go by their names, got a value at [1]")
  raises(function() eb.data.mnist_sample { limit = 0 } end, "option 'limit': expected a positive number, got 0")
  raises(function() eb.data.mnist_sample { limit = 2.5 } end, "option 'limit': expected integer, got number")
  raises(function() eb.data.mnist_sample { flatten = 1 } end, "option 'flatten': expected boolean")
  raises(function() eb.data.mnist_sampel() end, "did you mean 'mnist_sample'?")
end)

local function numbered(n)
  return eb.data.dataset {
    x = eb.arange(1, n):reshape { n, 1 }, y = eb.arange(1, n, 1, { dtype = "int32" }), classes = n, note = "text",
    mask = eb.arange(1, n):gt(2), small = eb.ones { n + 1 },
  }
end

test("take, split, shuffle and pick keep the fields together", function()
  local data = numbered(10)
  equal(#data, 10)
  local first = data:take(4)
  equal(first.y, { 1, 2, 3, 4 })
  equal(first.x, { { 1 }, { 2 }, { 3 }, { 4 } })
  equal(first.mask, { false, false, true, true })
  equal(first.note, "text")
  equal(first.small, eb.ones { 11 })
  equal(#first, 4)
  equal(#data:take(3.0), 3)
  local a, b = data:split(0.7)
  equal(a.y, { 1, 2, 3, 4, 5, 6, 7 })
  equal(b.y, { 8, 9, 10 })
  equal(#b, 3)
  equal(data:pick { 3, 3, -1 }.y, { 3, 3, 10 })
  equal(data:pick(eb.tensor { 2, 1 }).x, { { 2 }, { 1 } })
  equal(data:pick(data.y:gt(8)).y, { 9, 10 })
  local s = data:shuffle(eb.rng(3))
  equal((s.y:sort()), data.y)
  equal(s.x:flatten(), s.y)
  assert(not eb.tree.equal(s.y, data.y))
  equal(data:shuffle(eb.rng(3)).y, s.y)
  eb.seed(4)
  local t = data:shuffle()
  eb.seed(4)
  equal(data:shuffle().y, t.y)
  -- The data itself is as before.
  equal(data.y, eb.arange(1, 10))
  -- Chained, as one writes it.
  equal(#data:shuffle(eb.rng(1)):take(5):pick { 1, 2 }, 2)
end)

test("errors of datasets carry the user's line", function()
  local data = numbered(10)
  for _, n in ipairs { 0, 11, -1, 2.5, "3", 0 / 0 } do
    raises(function() data:take(n) end, here(), "take: expected a number of examples from 1 to 10, got " .. tostring(n))
  end
  raises(function() data:take() end, here(), "got nil")
  raises(function() data.take(3) end, here(), "take: expected a dataset in front, data:take(...) with a colon")
  for _, f in ipairs { 0, 1, 0.01, 0.99, -0.5, 7, "0.5", 0 / 0 } do
    raises(function() data:split(f) end, here(), "split: expected a fraction that leaves both parts some of the 10 examples")
  end
  raises(function() data:pick { 11 } end, here(), "11")
  raises(function() data:pick { 0 } end, here(), "0")
  raises(function() data:pick { 1.5 } end, here(), "1.5")
  raises(function() data:pick(3) end, here(), "pick: expected the numbers of examples", "got number")
  raises(function() data:pick(eb.tensor { true, false }) end, here(), "pick: expected a mask with 10 entries", "bool[2]")
  raises(function() data:shuffle(7) end, here(), "shuffle: option 'rng': expected generator, got 7")
  raises(function() eb.data.dataset { y = eb.ones { 3 } } end, here(), "data.dataset: argument 1", "a table without a tensor x")
  raises(function() eb.data.dataset(eb.ones { 3 }) end, here(), "got tensor")
  raises(function() eb.data.dataset { x = eb.ones { 3 }, y = eb.ones { 4 } } end, here(), "x has 3 examples and y has shape [4]")
  raises(function() eb.data.dataset { x = eb.tensor(1) } end, here(), "x must have its examples along dimension 1")
  raises(function() eb.data.dataset { x = eb.ones { 3 }, y = { 1, 2, 3 } } end, here(), "y must be a tensor, got table")
end)

local function labels(batches)
  local all, sizes = {}, {}
  for x, y, batch in batches do
    equal(x:flatten(), y)
    equal(batch.index, y)
    equal(batch.mask, y:gt(2))
    sizes[#sizes + 1] = #y
    for _, v in ipairs(y:totable()) do all[#all + 1] = v end
  end
  return all, sizes
end

test("batches go through an epoch", function()
  local data = numbered(10)
  local batches = eb.batches(data, { size = 4 })
  equal(#batches, 3)
  equal(tostring(batches), "batches: 3 of 4 examples")
  for _ = 1, 2 do
    local all, sizes = labels(batches)
    equal(all, eb.arange(1, 10))
    equal(sizes, { 4, 4, 2 })
  end
  local dropped = eb.batches(data, { size = 4, drop_last = true })
  equal(#dropped, 2)
  equal(select(2, labels(dropped)), { 4, 4 })
  equal(select(2, labels(eb.batches(data, { size = 5, drop_last = true }))), { 5, 5 })
  equal(select(2, labels(eb.batches(data, { size = 50 }))), { 10 })
  equal(select(2, labels(eb.batches(data, { size = 4.0 }))), { 4, 4, 2 })
  -- The size is 32 unless given; a table with x and y does, y may be missing.
  equal(#eb.batches(numbered(100)), 4)
  local n = 0
  for x, y in eb.batches({ x = eb.ones { 5, 2 } }, { size = 2 }) do
    n = n + #x
    equal(y, nil)
  end
  equal(n, 5)
end)

test("shuffled batches", function()
  local data = numbered(20)
  local function orders(seed)
    local batches = eb.batches(data, { size = 6, shuffle = true, rng = eb.rng(seed) })
    return labels(batches), labels(batches)
  end
  local a, b = orders(1)
  local sorted = table.move(a, 1, 20, 1, {})
  table.sort(sorted)
  equal(sorted, eb.arange(1, 20))
  -- Every epoch has its own order, and a seed gives the same orders again.
  assert(not pcall(equal, a, b))
  local c, d = orders(1)
  equal(c, a)
  equal(d, b)
  assert(not pcall(equal, (orders(2)), a))
  -- Without a generator the session's is used.
  local function first()
    eb.seed(9)
    return (labels(eb.batches(data, { shuffle = true })))
  end
  equal(first(), first())
end)

test("a loop that is left early leaves nothing behind, and loops nest", function()
  local data = numbered(10)
  for _, shuffle in ipairs { false, true } do
    local batches = eb.batches(data, { size = 3, shuffle = shuffle, rng = eb.rng(1) })
    for _ = 1, 3 do
      local count = 0
      for x, y in batches do
        count = count + 1
        if count == 2 then break end
      end
      local all, sizes = labels(batches)
      equal(sizes, { 3, 3, 3, 1 })
      table.sort(all)
      equal(all, eb.arange(1, 10))
    end
    pcall(function() for x in batches do error("stop") end end)
    equal(#(labels(batches)), 10)
    -- Pairs of batches.
    local pairs_seen = 0
    for x in batches do
      for z in batches do pairs_seen = pairs_seen + 1 end
    end
    equal(pairs_seen, 16)
    -- A loop variable that the body changes is the body's own.
    local seen = 0
    for x, y in batches do
      seen = seen + #y
      x, y = nil, nil
      collectgarbage()
    end
    equal(seen, 10)
  end
end)

test("errors of batches carry the user's line", function()
  local data = numbered(10)
  raises(function() eb.batches(data, { sise = 3 }) end, here(), "batches: unknown option 'sise' (did you mean 'size'?)")
  raises(function() eb.batches(data, { epochs = 3 }) end, here(), "unknown option 'epochs' (known: drop_last, rng, shuffle, size)")
  raises(function() eb.batches(data, { 3 }) end, here(), "options go by their names, got a value at [1]")
  raises(function() eb.batches(data, 3) end, here(), "batches: expected a table of options, got number")
  raises(function() eb.batches(data, { size = 0 }) end, here(), "option 'size': expected a positive number, got 0")
  raises(function() eb.batches(data, { size = 2.5 }) end, here(), "option 'size': expected integer, got 2.5")
  raises(function() eb.batches(data, { size = "3" }) end, here(), "option 'size': expected integer")
  raises(function() eb.batches(data, { shuffle = 1 }) end, here(), "option 'shuffle': expected boolean, got 1")
  raises(function() eb.batches(data, { rng = 1 }) end, here(), "option 'rng': expected generator, got 1")
  raises(function() eb.batches(data, { size = 11, drop_last = true }) end, here(), "drop_last leaves no batch: size is 11", "10 examples")
  raises(function() eb.batches(eb.ones { 3 }) end, here(), "batches: argument 1: expected a dataset", "tensor")
  raises(function() eb.batches() end, here(), "batches: argument 1", "got nil")
  raises(function() eb.batches { x = eb.ones { 3, 2 }, y = eb.ones { 2 } } end, here(), "x has 3 examples and y has shape [2]")
  -- A dataset is checked again, since its fields can be set.
  data.y = eb.ones { 4 }
  raises(function() eb.batches(data) end, here(), "x has 10 examples and y has shape [4]")
end)

test("label_noise permutes the labels of the chosen", function()
  local train = eb.data.mnist_sample()
  for _, epsilon in ipairs { 0, 0.25, 0.5, 0.75, 1 } do
    local noisy, mask = eb.perturb.label_noise(train, epsilon, { rng = eb.rng(7) })
    equal(mask.dtype, "bool")
    assert(eb.tree.equal(mask, noisy.mask) and eb.tree.equal(noisy.y_clean, train.y))
    equal(noisy.y.dtype, "int32")
    equal(noisy.classes, 10)
    -- About a share ε is chosen: six standard deviations of the binomial.
    close(mask:cast("float64"):mean():item(), epsilon, 6 * math.sqrt(epsilon * (1 - epsilon) / 2000) + 1e-12)
    -- The others keep their labels, and the multiset of all labels stays.
    assert(noisy.y:eq(train.y):all():item() == (epsilon == 0))
    equal(noisy.y[~mask], train.y[~mask])
    equal((noisy.y:sort()), (train.y:sort()))
    -- The expected share of right labels is 1 − ε (1 − Σ q²), here with q = 1/10.
    local right = noisy.y:eq(train.y):cast("float64"):mean():item()
    close(right, 1 - epsilon * 0.9, 0.035)
  end
  -- Over many draws the share settles: ten draws of 2000 labels at ε = ½.
  local sum = 0
  for seed = 1, 10 do
    sum = sum + eb.perturb.label_noise(train, 0.5, { rng = eb.rng(seed) }).y:eq(train.y):cast("float64"):mean():item()
  end
  close(sum / 10, 0.55, 0.01)
  -- The original is untouched; seeds repeat.
  equal(train.mask, nil)
  local a = eb.perturb.label_noise(train, 0.5, { rng = eb.rng(1) })
  equal(eb.perturb.label_noise(train, 0.5, { rng = eb.rng(1) }).y, a.y)
  assert(not eb.tree.equal(eb.perturb.label_noise(train, 0.5, { rng = eb.rng(2) }).y, a.y))
  eb.seed(1)
  local b = eb.perturb.label_noise(train, 0.5)
  eb.seed(1)
  equal(eb.perturb.label_noise(train, 0.5).y, b.y)
  -- The fields it adds travel along.
  local part = a:pick(a.mask)
  equal(#part.y_clean, #part)
  for x, y, batch in eb.batches(a, { size = 500 }) do
    equal(#batch.mask, 500)
    equal(#batch.y_clean, 500)
  end
  -- Without labels by number: rows of any shape are permuted.
  local rows = { x = eb.ones { 6, 1 }, y = eb.arange(1, 12):reshape { 6, 2 } }
  equal((eb.perturb.label_noise(rows, 1, { rng = eb.rng(1) }).y:flatten():sort()), eb.arange(1, 12))
end)

test("label noise that draws classes or takes the next one", function()
  local train = eb.data.mnist_sample()
  local uniform, mask = eb.perturb.label_noise(train, 0.5, { rng = eb.rng(3), kind = "uniform" })
  equal(uniform.y[~mask], train.y[~mask])
  close(uniform.y:eq(train.y):cast("float64"):mean():item(), 0.55, 0.04)
  assert(uniform.y:min():item() == 1 and uniform.y:max():item() == 10 and uniform.y.dtype == "int32")
  local flipped, chosen = eb.perturb.label_noise(train, 0.3, { rng = eb.rng(3), kind = "pair_flip" })
  equal(flipped.y[chosen], train.y[chosen] % 10 + 1)
  equal(flipped.y[~chosen], train.y[~chosen])
  raises(function() eb.perturb.label_noise(train, 0.3, { kind = "flip" }) end, here(), "expected \"permute\", \"uniform\" or \"pair_flip\"")
  raises(function() eb.perturb.label_noise({ x = eb.ones { 2 }, y = eb.zeros { 2 } }, 1, { kind = "uniform" }) end, "label 0.0 at position 1 is not a whole number from 1 on")
end)

test("labels as numbers of the default dtype, and data in order", function()
  local x, y = eb.arange(1, 6):reshape { 6, 1 }, eb.tensor { 1, 2, 3, 1, 2, 3 }
  local flipped = eb.perturb.label_noise({ x, y }, 1, { kind = "pair_flip" })
  equal(flipped.x, x)
  equal(flipped.y, { 2, 3, 1, 2, 3, 1 })
  local drawn = eb.perturb.label_noise({ x, y }, 1, { kind = "uniform", rng = eb.rng(1) })
  equal(drawn.y.dtype, "float32")
  local permuted, mask = eb.perturb.permute_labels({ x, y }, 0.5, { rng = eb.rng(2) })
  local noisy, chosen = eb.perturb.label_noise({ x = x, y = y }, 0.5, { rng = eb.rng(2), kind = "permute" })
  equal(permuted.y, noisy.y)
  equal(mask, chosen)
  equal(permuted.y_clean, y)
  equal(#eb.data.dataset { x, y }:take(2), 2)
  raises(function() eb.perturb.permute_labels({ x, y }, 2) end, here(), "permute_labels: argument 2: expected a fraction in [0, 1]")
  raises(function() eb.perturb.permute_labels({ x, y }, 1, { kind = "uniform" }) end, "permute_labels: unknown option 'kind'")
  raises(function() eb.perturb.permute_labels({ x }, 1) end, "permute_labels: argument 1: expected a dataset with labels y")
end)

test("inputs with noise, examples dropped and repeated", function()
  local data = numbered(6)
  local noisy = eb.perturb.input_noise(data, 0.1, { rng = eb.rng(1) })
  equal(noisy.x_clean, data.x)
  equal(noisy.y, data.y)
  assert(noisy.mask:all():item() and not eb.tree.equal(noisy.x, data.x))
  equal(eb.perturb.drop_examples(data, { 6, 1 }).y, data.y[{ { 2, 5 } }])
  equal(eb.perturb.drop_examples(data, data.y:gt(data.y[2])).y, data.y[{ { 1, 2 } }])
  local copies = eb.perturb.duplicate(data, { 2, 5 }, 3)
  equal(copies.source, { 1, 2, 3, 4, 5, 6, 2, 2, 5, 5 })
  equal(copies.y:index(1, { 7, 8 }), data.y:index(1, { 2, 2 }))
  raises(function() eb.perturb.drop_examples(data, { 7 }) end, here(), "drop_examples: argument 2: there is no example 7 among 6")
  raises(function() eb.perturb.drop_examples(data, { 1, 2, 3, 4, 5, 6 }) end, "no example would be left")
  raises(function() eb.perturb.duplicate(data, { 1 }, 0) end, here(), "duplicate: argument 3")
end)

test("errors of label_noise", function()
  local data = numbered(4)
  raises(function() eb.perturb.label_noise(data, 1.5) end, here(), "label_noise: argument 2: expected a fraction in [0, 1], got 1.5")
  raises(function() eb.perturb.label_noise(data) end, here(), "got nil")
  raises(function() eb.perturb.label_noise(data, 0 / 0) end, here(), "argument 2")
  raises(function() eb.perturb.label_noise({ x = eb.ones { 3 } }, 0.5) end, here(), "expected a dataset with labels y")
  raises(function() eb.perturb.label_noise(7, 0.5) end, here(), "label_noise: argument 1")
  raises(function() eb.perturb.label_noise(data, 0.5, { seed = 1 }) end, here(), "label_noise: unknown option 'seed' (known: kind, rng)")
  raises(function() eb.perturb.label_noise(data, 0.5, eb.rng(1)) end, here(), "label_noise: expected a table of options, got generator")
  raises(function() eb.perturb.label_nois(data, 0.5) end, here(), "did you mean 'label_noise'?")
end)

-- A file with these bytes, its name handed to `body`.
local function with_file(bytes, body)
  local path = os.tmpname()
  local file <close> = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
  local good, message = pcall(body, path)
  os.remove(path)
  if not good then error(message, 0) end
end

test("idx files", function()
  with_file("\0\0\8\2" .. "\0\0\0\2" .. "\0\0\0\3" .. "\1\2\3\4\5\255", function(path)
    local x = eb.data.idx(path)
    equal(x, { { 1, 2, 3 }, { 4, 5, 255 } })
    equal(x.dtype, "int32")
  end)
  with_file("\0\0\13\1\0\0\0\2" .. string.pack(">f>f", 1.5, -2), function(path)
    equal(eb.data.idx(path), { 1.5, -2 })
    equal(eb.data.idx(path).dtype, "float32")
  end)
end)

test("missing and corrupt files", function()
  raises(function() eb.data.idx("/no/such/file") end, here(), "data.idx: can't open '/no/such/file': No such file or directory")
  raises(function() eb.data.idx("/") end, here(), "data.idx: can't read '/': it is not a regular file")
  raises(function() eb.data.idx(3) end, here(), "idx: argument 1: expected string, got number")
  raises(function() eb.data.mnist { dir = "/no/such/folder" } end, here(), "data.mnist: train-images-idx3-ubyte.gz not found", "'/no/such/folder'",
    "eb.data.mnist_sample()")
  raises(function() eb.data.mnist { path = "/x" } end, here(), "mnist: unknown option 'path'")
  raises(function() eb.data.mnist { dir = 3 } end, here(), "option 'dir': expected string")
  local good = "\0\0\8\2" .. "\0\0\0\2" .. "\0\0\0\3" .. "\1\2\3\4\5\6"
  local wrong = {
    { "", "is not an IDX file" }, { "hello, world", "is not an IDX file" }, { good:sub(1, -2), "but only 5 follow" },
    { good .. "x", "but more follow" }, { good:sub(1, 7), "ends at byte 7" }, { "\0\0\9" .. "\200" .. good:sub(5), "dimensions at byte 3" },
    { "\0\0\8\1\255\255\255\255", "more than fits in memory" }, { "\31\139\8\0 garbage", "gzip" },
  }
  for _, case in ipairs(wrong) do
    with_file(case[1], function(path)
      local message = raises(function() eb.data.idx(path) end, here(), case[2])
      assert(message:find(path, 1, true), message)
    end)
  end
end)
