import Autodiff
import LuaHost

/// `eb.theory` and its kin: what is looked at in a trajectory, and what it is held against.
///
/// The methods are Lua, a folder of Lua/ for each module, over the transforms and linear algebra that users have too.
extension Library {
  /// - Parameters:
  ///   - native: helpers that know trees.
  ///   - rules: what the optimizers' files share.
  ///   - runs: what the files of runs share.
  func installAnalysis(_ native: LuaTable, _ rules: LuaTable, _ runs: LuaTable) throws {
    for name in ["theory", "curv", "diag", "flow", "landscape"] { _ = try module(name) }
    try installPredictions(native)
    // What these files share.
    let parts = try state.makeTable()
    try parts.set("rules", to: .table(rules))
    try parts.set("runs", to: .table(runs))
    let arguments: [any LuaPushable] = [root, native, parts]
    let theory = [
      "arguments", "modes", "depth", "factorization", "regression", "interpolation", "entropy", "tracking", "stability",
    ]
    try runEmbedded("Theory", theory, arguments)
    let curvature = [
      "operators", "algebra", "blocks", "kinds", "bases", "eigenpairs", "estimates", "density", "solve",
    ]
    try runEmbedded("Curvature", curvature, arguments)
    // Diagnostics have words of their own.
    let shared = try state.makeTable()
    try shared.set("rules", to: .table(rules))
    try shared.set("runs", to: .table(runs))
    let diagnostics = [
      "points", "diagnostics", "agreement", "noise", "groups", "weights", "path", "learning", "influence", "kernel", "stages",
      "landscape", "curvature", "descent",
    ]
    try runEmbedded("Diagnostics", diagnostics, [root, native, shared])
    let flows = [
      "problem", "log", "events", "flow", "methods", "gradient", "complementarity", "preconditioners", "central", "comparison",
    ]
    try runEmbedded("Flows", flows, arguments)
    try runEmbedded("Landscapes", ["surfaces", "directions", "trajectory"], arguments)
  }
}
