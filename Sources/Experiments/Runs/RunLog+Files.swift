/// A log in files, each written as a whole or not at all.
extension RunLog {
  /// Comma-separated values: a row a step.
  public func writeCSV(to path: String) throws(DataError) { try WholeFile.write(Array(csv().utf8), to: path) }

  /// A JSON object a line, one a step.
  public func writeJSONLines(to path: String) throws(DataError) { try WholeFile.write(Array(jsonLines().utf8), to: path) }
}
