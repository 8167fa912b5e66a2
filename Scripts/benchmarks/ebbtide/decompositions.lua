-- W13: eigenvalues of a symmetric matrix and singular values, with their vectors and without, float64.
local eb = require "ebbtide"
local measure = require "measure"

local largest = tonumber(arg[1]) or 1000
for _, n in ipairs { 100, 500, 1000 } do
  if n <= largest then
    local a = measure.input(("normal-91-%dx%d-float64"):format(n, n))
    local symmetric = (a + a:t()) / 2
    local function case(name, f, top)
      measure.report(("%s, %d"):format(name, n), measure.samples(f), { top = top(f()) })
    end
    case("eigh", function() return eb.linalg.eigh(symmetric) end, function(values) return values[n] end)
    case("eigvalsh", function() return eb.linalg.eigvalsh(symmetric) end, function(values) return values[n] end)
    case("svd", function() return eb.linalg.svd(a) end, function(_, s) return s[1] end)
    case("svdvals", function() return eb.linalg.svdvals(a) end, function(s) return s[1] end)
  end
end
