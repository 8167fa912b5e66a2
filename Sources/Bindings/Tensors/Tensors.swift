/// Everything about tensors in Lua, one concept a file.
extension Library {
  func installTensors() throws {
    try installConstructors()
    try installFromTables()
    try installRandom()
    try installProperties()
    try installIndexing()
    try installWriting()
    try installElementwise()
    try installReductions()
    try installOrdering()
    try installLayout()
    try installJoining()
    try installProducts()
    try installLinearAlgebra()
  }
}
