-- W11: loss and gradient of a small convolution net over 5,000 pictures, in ten parts of 500, compiled.
local eb = require "ebbtide"
local measure = require "measure"

local x = measure.input("pictures"):reshape { 5000, 3, 32, 32 }
local y = eb.arange(0, 4999, 1, { dtype = "int32" }) % 10 + 1
local net = eb.nn.sequential {
  eb.nn.conv2d(3, 32, 3, { padding = 1 }), eb.nn.relu(), eb.nn.maxpool2d(2),
  eb.nn.conv2d(32, 32, 3, { padding = 1 }), eb.nn.relu(), eb.nn.maxpool2d(2),
  eb.nn.flatten(), eb.nn.linear(2048, 10),
}
local function weight(name, fan_in) return (measure.input(name) / math.sqrt(fan_in)):cast "float32" end
local p = eb.tree.map(function(t) return t end, {
  { weight = weight("normal-300-32x3x3x3-float64", 27), bias = eb.zeros { 32 } }, {}, {},
  { weight = weight("normal-301-32x32x3x3-float64", 288), bias = eb.zeros { 32 } }, {}, {},
  {}, { weight = weight("normal-302-2048x10-float64", 2048), bias = eb.zeros { 10 } },
})

local part = eb.compile(eb.value_and_grad(function(p, x, y) return eb.loss.cross_entropy(net(p, x), y) / 10 end))

local value, gradient
local function all_parts()
  value, gradient = 0, nil
  for first = 1, 5000, 500 do
    local rows = { first, first + 499 }
    local v, g = part(p, x[{ rows, {}, {}, {} }], y[{ rows }])
    value = value + v:item()
    gradient = gradient and gradient + g or g
  end
end

local samples = measure.samples(all_parts)
measure.report("convolution", samples, { loss = value, norm = eb.tree.norm(gradient) })
