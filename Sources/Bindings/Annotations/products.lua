---@meta ebbtide.products

-- Products of vectors and matrices, and linear algebra.

local eb = require "ebbtide"

---@class Tensor
local Tensor = {}

---The matrix product as NumPy's `matmul`: [.., n, k] by [.., k, m]; leading dimensions broadcast, a vector is a row on the left
---and a column on the right and its dimension disappears. int32 and bool become floats.
---```lua
---local A = eb.tensor{{1, 2}, {3, 4}}
---print(A:mm(A)[2][2]:item(), A:mm(eb.ones{2})[1]:item())  --> 22.0  3.0
---```
---@param y Tensor
---@return Tensor
function Tensor:mm(y) end

---The inner product of two vectors of one size.
---```lua
---print(eb.tensor{1, 2}:dot(eb.tensor{3, 4}):item())  --> 11.0
---```
---@param y Tensor
---@return Tensor
function Tensor:dot(y) end

---All products of the elements of two vectors: [n] and [m] give [n, m].
---```lua
---print(eb.tensor{1, 2}:outer(eb.tensor{1, 2, 3}):sum():item())  --> 18.0
---```
---@param y Tensor
---@return Tensor
function Tensor:outer(y) end

---The sum over all letters that the result does not have of the product of any number of operands. Each operand has one letter a
---dimension; a letter twice in one operand is its diagonal; `...` stands for any dimensions, which broadcast; spaces don't count.
---Without `->` the result has the dimensions of `...`, then the letters that occur once, in alphabetical order. Up to eight operands are
---contracted pair by pair in the order with the fewest multiplications, more of them greedily. The result has the largest dtype; int32
---and bool give int32.
---```lua
---local x, A = eb.ones{5, 3}, eb.eye(3)
---print(eb.einsum("bi,ij,bj->b", x, A, x)[1]:item())  --> 3.0
---print(eb.einsum("ii->", A):item())  --> 3.0
---assert(eb.einsum("...ij,...jk->...ik", eb.ones{4, 2, 3}, A).shape[1] == 4)
---```
---@param formula string
---@param ... Tensor
---@return Tensor
function eb.einsum(formula, ...) end

---Decompositions, systems and what is computed from them. All take leading batch dimensions, int32 and bool become floats, and all are
---differentiable to any order. A matrix without the needed property (singular, not positive definite, NaN) is an error that says so.
---Where eigenvalues or singular values are equal, up to rounding, derivatives that do not exist are NaN and never a wrong number; each
---function says what is right there.
---```lua
---local U, s, Vt = eb.linalg.svd(eb.eye(3))
---assert(s:sum():item() == 3)
---```
---@class linalg
eb.linalg = {}

---The thin singular value decomposition A = U diag(s) Vᵀ of [.., m, n], k = min(m, n): U [.., m, k], s [.., k] descending, Vᵀ [..,
---k, n]. At equal singular values the gradient of functions of s alone is right, as is the second derivative of a value apart from the
---others; derivatives of vectors within a group of equal values are NaN. For norms use `eb.linalg.norm`, which needs no gaps.
---```lua
---local U, s, Vt = eb.linalg.svd(eb.tensor{{3, 0}, {0, 4}})
---assert(math.abs(s[1]:item() - 4) < 1e-6)
---```
---@param A Tensor
---@return Tensor U
---@return Tensor s
---@return Tensor Vt
function eb.linalg.svd(A) end

---The singular values alone, descending; several times cheaper than `svd` as long as no derivative is taken.
---```lua
---assert(math.abs(eb.linalg.svdvals(eb.tensor{{3, 0}, {0, 4}})[2]:item() - 3) < 1e-6)
---```
---@param A Tensor
---@return Tensor
function eb.linalg.svdvals(A) end

---The thin QR decomposition A = Q R of [.., m, n], k = min(m, n): Q [.., m, k] with orthonormal columns, R [.., k, n] upper
---triangular.
---```lua
---local Q, R = eb.linalg.qr(eb.tensor{{0, 1}, {2, 0}})
---assert((Q:mm(R) - eb.tensor{{0, 1}, {2, 0}}):abs():max():item() < 1e-6)
---```
---@param A Tensor
---@return Tensor Q
---@return Tensor R
function eb.linalg.qr(A) end

---Eigenvalues, ascending, and orthonormal eigenvectors, one a column, of the symmetric part of A. At equal eigenvalues the gradient of
---functions of the values alone is right, as is the second derivative of a value apart from the others; derivatives of vectors within a
---group of equal values are NaN.
---```lua
---local values, vectors = eb.linalg.eigh(eb.tensor{{2, 1}, {1, 2}})
---assert(math.abs(values[2]:item() - 3) < 1e-6)
---```
---@param A Tensor [.., n, n]
---@return Tensor values
---@return Tensor vectors
function eb.linalg.eigh(A) end

---The eigenvalues of the symmetric part of A alone, ascending.
---```lua
---assert(math.abs(eb.linalg.eigvalsh(eb.tensor{{2, 1}, {1, 2}})[1]:item() - 1) < 1e-6)
---```
---@param A Tensor [.., n, n]
---@return Tensor
function eb.linalg.eigvalsh(A) end

---The lower triangular L with positive diagonal and A = L Lᵀ for the symmetric part of A, which must be positive definite.
---```lua
---assert(eb.linalg.cholesky(eb.tensor{{4, 0}, {0, 9}})[1][1]:item() == 2)
---```
---@param A Tensor [.., n, n]
---@return Tensor
function eb.linalg.cholesky(A) end

---X with A X = B, by LU with partial pivoting; B is [.., n, k] or [n]. A singular matrix is an error.
---```lua
---local x = eb.linalg.solve(eb.tensor{{2, 0}, {0, 4}}, eb.tensor{2, 2})
---print(x[1]:item(), x[2]:item())  --> 1.0  0.5
---```
---@param A Tensor [.., n, n]
---@param B Tensor
---@return Tensor
function eb.linalg.solve(A, B) end

---X with A X = B (or Aᵀ X = B) where A is a triangle; the other triangle is not read.
---```lua
---local x = eb.linalg.triangular_solve(eb.tensor{{2, 0}, {2, 1}}, eb.tensor{2, 3})
---print(x[2]:item())  --> 1.0
---```
---@param A Tensor [.., n, n]
---@param B Tensor
---@param options? {lower: boolean, transposed: boolean} lower = true, transposed = false
---@return Tensor
function eb.linalg.triangular_solve(A, B, options) end

---The X of least norm among those that minimize ‖A X − B‖, for A [.., m, n] and B [.., m, k] or [m]. Singular values up to
---`cutoff` times the largest count as zero.
---```lua
---local x = eb.linalg.lstsq(eb.tensor{{1}, {1}}, eb.tensor{1, 3})
---assert(math.abs(x[1]:item() - 2) < 1e-6)
---```
---@param A Tensor
---@param B Tensor
---@param options? {cutoff: number} max(m, n) times the dtype's epsilon unless given
---@return Tensor
function eb.linalg.lstsq(A, B, options) end

---The inverse; `solve` is cheaper and more accurate when it is only multiplied with.
---```lua
---print(eb.linalg.inv(eb.tensor{{2, 0}, {0, 4}})[2][2]:item())  --> 0.25
---```
---@param A Tensor [.., n, n]
---@return Tensor
function eb.linalg.inv(A) end

---The Moore–Penrose inverse [.., n, m] of [.., m, n]; its derivative is that for a rank which does not change.
---```lua
---assert(eb.linalg.pinv(eb.ones{3, 2}).shape[1] == 2)
---```
---@param A Tensor
---@param options? {cutoff: number} max(m, n) times the dtype's epsilon unless given
---@return Tensor
function eb.linalg.pinv(A, options) end

---The determinant. Its gradient, the matrix of cofactors, is right for every rank; higher derivatives at a singular matrix need rank
---n − 1 and distinct singular values, and are NaN without.
---```lua
---assert(math.abs(eb.linalg.det(eb.tensor{{2, 1}, {1, 2}}):item() - 3) < 1e-6)
---```
---@param A Tensor [.., n, n]
---@return Tensor
function eb.linalg.det(A) end

---The sign of the determinant and the logarithm of its absolute value; a singular matrix gives 0 and −∞, and has no derivative (an
---error).
---```lua
---local sign, logabs = eb.linalg.slogdet(-eb.eye(3))
---print(sign:item(), logabs:item())  --> -1.0  0.0
---```
---@param A Tensor [.., n, n]
---@return Tensor sign
---@return Tensor logabs
function eb.linalg.slogdet(A) end

---A norm of matrices: "fro" (unless given), "nuc" (sum of the singular values), 2 (the largest), 1 (largest column sum) or "inf"
---(largest row sum); of a vector the p-norm. "nuc" has right derivatives of every order however many singular values are equal; where
---some are 0 its gradient is the shortest subgradient and higher ones are NaN. 2 has them where the largest value is simple; several
---that share it share the gradient, and higher ones are NaN. At A = 0 the gradients of "fro", "nuc" and 2 are 0.
---```lua
---print(eb.linalg.norm(eb.tensor{{3, 0}, {0, 4}}):item(), eb.linalg.norm(eb.tensor{{3, 0}, {0, 4}}, 1):item())  --> 5.0  4.0
---```
---@param A Tensor
---@param p? "fro"|"nuc"|"inf"|number
---@return Tensor
function eb.linalg.norm(A, p) end

---How many singular values exceed `cutoff` times the largest; int32.
---```lua
---print(eb.linalg.matrix_rank(eb.ones{3, 3}):item())  --> 1
---```
---@param A Tensor
---@param options? {cutoff: number} max(m, n) times the dtype's epsilon unless given
---@return Tensor
function eb.linalg.matrix_rank(A, options) end

---The matrix exponential, by scaling and squaring (Higham 2005).
---```lua
---assert((eb.linalg.expm(eb.zeros{2, 2}) - eb.eye(2)):abs():max():item() == 0)
---```
---@param A Tensor [.., n, n]
---@return Tensor
function eb.linalg.expm(A) end

---The sum of the diagonal.
---```lua
---print(eb.linalg.trace(eb.eye(3)):item())  --> 3.0
---```
---@param A Tensor
---@return Tensor
function eb.linalg.trace(A) end

---The Kronecker product: every element of A times all of B.
---```lua
---print(eb.linalg.kron(eb.eye(2), eb.ones{2, 2}):sum():item())  --> 8.0
---```
---@param A Tensor
---@param B Tensor
---@return Tensor
function eb.linalg.kron(A, B) end
