// Strings as Lua would read them back.

/// A string in quotes with escapes; bytes that are no UTF-8 become `\xHH`. Beyond `limit` bytes the rest is counted.
package func quoted(_ bytes: [UInt8], limit: Int = 2000) -> String {
  var cut = min(bytes.count, limit)
  // A cut never divides a character.
  while cut > 0, cut < bytes.count, bytes[cut] & 0xC0 == 0x80 { cut -= 1 }
  let shown = Array(bytes[..<cut])
  var result = "\""
  if let text = String(validating: shown, as: UTF8.self) {
    for scalar in text.unicodeScalars { append(scalar, to: &result) }
  } else {
    for byte in shown { append(byte, to: &result) }
  }
  result += "\""
  return cut < bytes.count ? result + "… (\(bytes.count) bytes)" : result
}

private func append(_ scalar: Unicode.Scalar, to result: inout String) {
  if scalar.value < 128 {
    append(UInt8(scalar.value), to: &result)
  } else {
    result.unicodeScalars.append(scalar)
  }
}

private func append(_ byte: UInt8, to result: inout String) {
  switch byte {
  case UInt8(ascii: "\n"): result += "\\n"
  case UInt8(ascii: "\t"): result += "\\t"
  case UInt8(ascii: "\r"): result += "\\r"
  case UInt8(ascii: "\""): result += "\\\""
  case UInt8(ascii: "\\"): result += "\\\\"
  case 32..<127: result.unicodeScalars.append(Unicode.Scalar(byte))
  default:
    let digits = String(byte, radix: 16)
    result += "\\x" + (digits.count == 1 ? "0" : "") + digits
  }
}

/// Whether a text can stand after a dot.
package func isIdentifier(_ text: String) -> Bool {
  guard let first = text.utf8.first, first.isWordStart, first < 128, !LuaText.keywords.contains(text) else { return false }
  return text.utf8.allSatisfy { $0.isWord && $0 < 128 }
}
