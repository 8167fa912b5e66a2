import Ebbtide

/// A session with limits, a Swift function that scripts call with tensors, and results as Swift values.
func embed() throws {
  let session = try Session(limits: .init(tensorBytes: 1 << 30, seconds: 60), libraries: .safe)

  try session.register("energy", documentation: "Energy ½|x|² of a state vector.") { (x: Tensor) throws -> Tensor in
    try 0.5 * (x * x).sum()
  }

  let losses = try session.run(
    """
    local eb = require "ebbtide"
    local x, losses = eb.tensor { 3, 4 }, {}
    for t = 1, 5 do
      losses[t] = energy(x):item()
      x = x - 0.5 * eb.grad(energy)(x)
    end
    return losses
    """, as: [Double].self)
  print("energies along gradient descent:", losses)

  do {
    try session.run("return energy(nil)")
  } catch {
    print("an error the host sees:", error)
  }
}
