---@meta ebbtide.functions

-- Methods of tensors that are functions of `eb`, too: `eb.exp(x)` is `x:exp()`.

local eb = require "ebbtide"

---The method `Tensor:abs` as a function.
---@param x Tensor|number
---@return Tensor
function eb.abs(x) end

---The method `Tensor:all` as a function.
---@param x Tensor|number
---@return Tensor
function eb.all(x, dim, options) end

---The method `Tensor:any` as a function.
---@param x Tensor|number
---@return Tensor
function eb.any(x, dim, options) end

---The method `Tensor:argmax` as a function.
---@param x Tensor|number
---@return Tensor
function eb.argmax(x, dim, options) end

---The method `Tensor:argmin` as a function.
---@param x Tensor|number
---@return Tensor
function eb.argmin(x, dim, options) end

---The method `Tensor:argsort` as a function.
---@param x Tensor|number
---@return Tensor
function eb.argsort(x, dim, options) end

---The method `Tensor:asinh` as a function.
---@param x Tensor|number
---@return Tensor
function eb.asinh(x) end

---The method `Tensor:atan` as a function.
---@param x Tensor|number
---@return Tensor
function eb.atan(x) end

---The method `Tensor:cast` as a function.
---@param x Tensor|number
---@return Tensor
function eb.cast(x, dtype) end

---The method `Tensor:ceil` as a function.
---@param x Tensor|number
---@return Tensor
function eb.ceil(x) end

---The method `Tensor:chunk` as a function.
---@param x Tensor|number
---@return Tensor
function eb.chunk(x, count, dim) end

---The method `Tensor:clamp` as a function.
---@param x Tensor|number
---@return Tensor
function eb.clamp(x, low, high) end

---The method `Tensor:clone` as a function.
---@param x Tensor|number
---@return Tensor
function eb.clone(x) end

---The method `Tensor:cos` as a function.
---@param x Tensor|number
---@return Tensor
function eb.cos(x) end

---The method `Tensor:cosh` as a function.
---@param x Tensor|number
---@return Tensor
function eb.cosh(x) end

---The method `Tensor:cumsum` as a function.
---@param x Tensor|number
---@return Tensor
function eb.cumsum(x, dim) end

---The method `Tensor:detach` as a function.
---@param x Tensor|number
---@return Tensor
function eb.detach(x) end

---The method `Tensor:diag` as a function.
---@param x Tensor|number
---@return Tensor
function eb.diag(x, diagonal) end

---The method `Tensor:dot` as a function.
---@param x Tensor|number
---@return Tensor
function eb.dot(x, y) end

---The method `Tensor:eq` as a function.
---@param x Tensor|number
---@return Tensor
function eb.eq(x, y) end

---The method `Tensor:erf` as a function.
---@param x Tensor|number
---@return Tensor
function eb.erf(x) end

---The method `Tensor:exp` as a function.
---@param x Tensor|number
---@return Tensor
function eb.exp(x) end

---The method `Tensor:expand` as a function.
---@param x Tensor|number
---@return Tensor
function eb.expand(x, shape, ...) end

---The method `Tensor:expm1` as a function.
---@param x Tensor|number
---@return Tensor
function eb.expm1(x) end

---The method `Tensor:flatten` as a function.
---@param x Tensor|number
---@return Tensor
function eb.flatten(x, first, last) end

---The method `Tensor:flip` as a function.
---@param x Tensor|number
---@return Tensor
function eb.flip(x, dim) end

---The method `Tensor:floor` as a function.
---@param x Tensor|number
---@return Tensor
function eb.floor(x) end

---The method `Tensor:gather` as a function.
---@param x Tensor|number
---@return Tensor
function eb.gather(x, dim, ids) end

---The method `Tensor:ge` as a function.
---@param x Tensor|number
---@return Tensor
function eb.ge(x, y) end

---The method `Tensor:gelu` as a function.
---@param x Tensor|number
---@return Tensor
function eb.gelu(x) end

---The method `Tensor:gt` as a function.
---@param x Tensor|number
---@return Tensor
function eb.gt(x, y) end

---The method `Tensor:index` as a function.
---@param x Tensor|number
---@return Tensor
function eb.index(x, dim, ids) end

---The method `Tensor:index_add` as a function.
---@param x Tensor|number
---@return Tensor
function eb.index_add(x, dim, ids, v) end

---The method `Tensor:isfinite` as a function.
---@param x Tensor|number
---@return Tensor
function eb.isfinite(x) end

---The method `Tensor:isinf` as a function.
---@param x Tensor|number
---@return Tensor
function eb.isinf(x) end

---The method `Tensor:isnan` as a function.
---@param x Tensor|number
---@return Tensor
function eb.isnan(x) end

---The method `Tensor:le` as a function.
---@param x Tensor|number
---@return Tensor
function eb.le(x, y) end

---The method `Tensor:log` as a function.
---@param x Tensor|number
---@return Tensor
function eb.log(x) end

---The method `Tensor:log1p` as a function.
---@param x Tensor|number
---@return Tensor
function eb.log1p(x) end

---The method `Tensor:log_softmax` as a function.
---@param x Tensor|number
---@return Tensor
function eb.log_softmax(x, dim) end

---The method `Tensor:logical_and` as a function.
---@param x Tensor|number
---@return Tensor
function eb.logical_and(x, y) end

---The method `Tensor:logical_not` as a function.
---@param x Tensor|number
---@return Tensor
function eb.logical_not(x) end

---The method `Tensor:logical_or` as a function.
---@param x Tensor|number
---@return Tensor
function eb.logical_or(x, y) end

---The method `Tensor:logical_xor` as a function.
---@param x Tensor|number
---@return Tensor
function eb.logical_xor(x, y) end

---The method `Tensor:logsumexp` as a function.
---@param x Tensor|number
---@return Tensor
function eb.logsumexp(x, dim, options) end

---The method `Tensor:lt` as a function.
---@param x Tensor|number
---@return Tensor
function eb.lt(x, y) end

---The method `Tensor:max` as a function.
---@param x Tensor|number
---@return Tensor
function eb.max(x, dim, options) end

---The method `Tensor:maximum` as a function.
---@param x Tensor|number
---@return Tensor
function eb.maximum(x, y) end

---The method `Tensor:mean` as a function.
---@param x Tensor|number
---@return Tensor
function eb.mean(x, dim, options) end

---The method `Tensor:median` as a function.
---@param x Tensor|number
---@return Tensor
function eb.median(x, dim, options) end

---The method `Tensor:min` as a function.
---@param x Tensor|number
---@return Tensor
function eb.min(x, dim, options) end

---The method `Tensor:minimum` as a function.
---@param x Tensor|number
---@return Tensor
function eb.minimum(x, y) end

---The method `Tensor:mm` as a function.
---@param x Tensor|number
---@return Tensor
function eb.mm(x, y) end

---The method `Tensor:ne` as a function.
---@param x Tensor|number
---@return Tensor
function eb.ne(x, y) end

---The method `Tensor:neg` as a function.
---@param x Tensor|number
---@return Tensor
function eb.neg(x) end

---The method `Tensor:norm` as a function.
---@param x Tensor|number
---@return Tensor
function eb.norm(x, p, dim, options) end

---The method `Tensor:outer` as a function.
---@param x Tensor|number
---@return Tensor
function eb.outer(x, y) end

---The method `Tensor:pad` as a function.
---@param x Tensor|number
---@return Tensor
function eb.pad(x, sizes, options) end

---The method `Tensor:permute` as a function.
---@param x Tensor|number
---@return Tensor
function eb.permute(x, order, ...) end

---The method `Tensor:pow` as a function.
---@param x Tensor|number
---@return Tensor
function eb.pow(x, y) end

---The method `Tensor:prod` as a function.
---@param x Tensor|number
---@return Tensor
function eb.prod(x, dim, options) end

---The method `Tensor:put` as a function.
---@param x Tensor|number
---@return Tensor
function eb.put(x, index, v, options) end

---The method `Tensor:quantile` as a function.
---@param x Tensor|number
---@return Tensor
function eb.quantile(x, q, dim, options) end

---The method `Tensor:reciprocal` as a function.
---@param x Tensor|number
---@return Tensor
function eb.reciprocal(x) end

---The method `Tensor:relu` as a function.
---@param x Tensor|number
---@return Tensor
function eb.relu(x) end

---The method `Tensor:reshape` as a function.
---@param x Tensor|number
---@return Tensor
function eb.reshape(x, shape, ...) end

---The method `Tensor:round` as a function.
---@param x Tensor|number
---@return Tensor
function eb.round(x) end

---The method `Tensor:rsqrt` as a function.
---@param x Tensor|number
---@return Tensor
function eb.rsqrt(x) end

---The method `Tensor:scatter_add` as a function.
---@param x Tensor|number
---@return Tensor
function eb.scatter_add(x, dim, ids, v) end

---The method `Tensor:sigmoid` as a function.
---@param x Tensor|number
---@return Tensor
function eb.sigmoid(x) end

---The method `Tensor:sign` as a function.
---@param x Tensor|number
---@return Tensor
function eb.sign(x) end

---The method `Tensor:silu` as a function.
---@param x Tensor|number
---@return Tensor
function eb.silu(x) end

---The method `Tensor:sin` as a function.
---@param x Tensor|number
---@return Tensor
function eb.sin(x) end

---The method `Tensor:sinh` as a function.
---@param x Tensor|number
---@return Tensor
function eb.sinh(x) end

---The method `Tensor:softmax` as a function.
---@param x Tensor|number
---@return Tensor
function eb.softmax(x, dim) end

---The method `Tensor:softplus` as a function.
---@param x Tensor|number
---@return Tensor
function eb.softplus(x) end

---The method `Tensor:sort` as a function.
---@param x Tensor|number
---@return Tensor
function eb.sort(x, dim, options) end

---The method `Tensor:split` as a function.
---@param x Tensor|number
---@return Tensor
function eb.split(x, size, dim) end

---The method `Tensor:sqrt` as a function.
---@param x Tensor|number
---@return Tensor
function eb.sqrt(x) end

---The method `Tensor:square` as a function.
---@param x Tensor|number
---@return Tensor
function eb.square(x) end

---The method `Tensor:squeeze` as a function.
---@param x Tensor|number
---@return Tensor
function eb.squeeze(x, dim) end

---The method `Tensor:std` as a function.
---@param x Tensor|number
---@return Tensor
function eb.std(x, dim, options) end

---The method `Tensor:sum` as a function.
---@param x Tensor|number
---@return Tensor
function eb.sum(x, dim, options) end

---The method `Tensor:t` as a function.
---@param x Tensor|number
---@return Tensor
function eb.t(x) end

---The method `Tensor:tan` as a function.
---@param x Tensor|number
---@return Tensor
function eb.tan(x) end

---The method `Tensor:tanh` as a function.
---@param x Tensor|number
---@return Tensor
function eb.tanh(x) end

---The method `Tensor:topk` as a function.
---@param x Tensor|number
---@return Tensor
function eb.topk(x, k, dim, options) end

---The method `Tensor:transpose` as a function.
---@param x Tensor|number
---@return Tensor
function eb.transpose(x, a, b) end

---The method `Tensor:tril` as a function.
---@param x Tensor|number
---@return Tensor
function eb.tril(x, diagonal) end

---The method `Tensor:triu` as a function.
---@param x Tensor|number
---@return Tensor
function eb.triu(x, diagonal) end

---The method `Tensor:unsqueeze` as a function.
---@param x Tensor|number
---@return Tensor
function eb.unsqueeze(x, dim) end

---The method `Tensor:var` as a function.
---@param x Tensor|number
---@return Tensor
function eb.var(x, dim, options) end

---The method `Tensor:view` as a function.
---@param x Tensor|number
---@return Tensor
function eb.view(x, shape, ...) end
