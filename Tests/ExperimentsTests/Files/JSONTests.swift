import Arrays
import Testing

@testable import Experiments

@Suite struct JSONTests {
  private func text(_ value: JSON) throws -> String { String(decoding: try JSON.encode(value), as: UTF8.self) }

  private func decoded(_ text: String) throws -> JSON { try JSON.decode(Array(text.utf8), path: "a") }

  @Test(arguments: [
    "null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808", "0.5", "-0.0", "1e+100", "5e-324", "[]",
    "{}",
    #"[1,2.0,[null,true],{"a":{"b":[]}}]"#, #""""#, #""a\"\\\b\f\n\r\t\u0001ü🎈""#, #"{"":1,"b":2,"a":3}"#,
  ])
  func textsComeBackAsTheyWere(json: String) throws { #expect(try text(decoded(json)) == json) }

  @Test func otherSpellings() throws {
    #expect(try text(decoded(" \t\r\n[ 1 , 2 ] ")) == "[1,2]")
    #expect(try text(decoded(#""\u00fc\ud83c\udf88\/""#)) == #""ü🎈/""#)
    #expect(try text(decoded("1E2")) == "100.0")
    #expect(try text(decoded("-0")) == "-0.0")
    #expect(try text(decoded("12345678901234567890")) == "1.2345678901234567e+19")
    #expect(try text(decoded("1e-400")) == "0.0")
  }

  @Test(arguments: [
    ("", "ends where a value is expected (line 1, byte 1)"), ("[1,\n 2", "lacks a ',' or ']' in an array (line 2, byte 3)"),
    ("[1,]", "has no value of JSON (line 1, byte 4)"), ("{\"a\" 1}", "lacks a ':' after a name"),
    ("{a:1}", "lacks a name in an object"),
    ("{\"a\":1,}", "lacks a name in an object"), ("[1 2]", "lacks a ',' or ']'"), ("1 2", "goes on after its value"),
    ("01", "has a number that begins with 0"), ("-", "has a '-' without a number"), ("1.", "lacks digits after a '.'"),
    ("1e", "lacks digits of an exponent"), ("+1", "has no value of JSON"), (".5", "has no value of JSON"),
    ("NaN", "has no value of JSON"), ("1e999", "has a number beyond the range of doubles"), ("\"a", "ends in a string"),
    ("\"a\nb\"", "has a control character in a string"), ("\"\\x\"", "has an unknown escape"),
    ("\"\\u12g4\"", "lacks the four hex"),
    ("\"\\ud800\"", "has half a pair of surrogates"), ("\"\\udc00\"", "has half a pair of surrogates"),
    ("nul", "has no value of JSON"),
    ("{\"a\":1,\"a\":2}", "has the name \"a\" twice in an object"), ("\u{feff}1", "has no value of JSON"),
    (String(repeating: "[", count: 201) + String(repeating: "]", count: 201), "is nested more than 200 deep"),
  ])
  func errorsSayWhatAndWhere(json: String, sentence: String) {
    let error = #expect(throws: DataError.self) { try decoded(json) }
    #expect(error?.message.hasPrefix("json: 'a' ") == true)
    #expect(error?.message.contains(sentence) == true, "\(error?.message ?? "")")
  }

  @Test func textMustBeUTF8() {
    let error = #expect(throws: DataError.self) { try JSON.decode([34, 0xff, 34], path: "a") }
    #expect(error?.message.contains("has a string that is not UTF-8") == true)
  }

  @Test func theDeepestNestingIsReadAndWritten() throws {
    let json = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
    #expect(try text(decoded(json)) == json)
    let error = #expect(throws: DataError.self) { try JSON.encode(.array([decoded(json)])) }
    #expect(error?.message.contains("nested more than 200 deep") == true)
  }

  @Test func tensorsAreArraysWithinArrays() throws {
    #expect(try text(.tensor(NDArray([Float(0.1), 2, 3, 1e-8], shape: [2, 2]))) == "[[0.1,2.0],[3.0,1e-08]]")
    #expect(try text(.tensor(NDArray([Int32](0..<6), shape: [3, 2]).permuted([1, 0]))) == "[[0,2,4],[1,3,5]]")
    #expect(try text(.tensor(NDArray(0.1))) == "0.1")
    #expect(try text(.tensor(NDArray([true, false], shape: [2]))) == "[true,false]")
    #expect(try text(.tensor(NDArray([Float](), shape: [2, 0]))) == "[[],[]]")
    #expect(try text(.tensor(NDArray([Float](), shape: [0, 2]))) == "[]")
  }

  @Test func whatIsNotFiniteIsAnErrorOrNull() throws {
    let value = JSON.object([.init("loss", .array([.number(1), .number(.nan)]))])
    let error = #expect(throws: DataError.self) { try JSON.encode(value) }
    #expect(
      error?.message
        == "json: JSON has no nan; use another format, or null with {nonfinite = \"null\"}; it stands at 'loss.2'")
    #expect(String(decoding: try JSON.encode(value, nonFinite: .null), as: UTF8.self) == #"{"loss":[1.0,null]}"#)
    let tensor = JSON.tensor(try NDArray([Float.infinity], shape: [1]))
    #expect(throws: DataError.self) { try JSON.encode(tensor) }
    #expect(String(decoding: try JSON.encode(tensor, nonFinite: .null), as: UTF8.self) == "[null]")
  }

  @Test func linesAreValues() throws {
    let values = try JSON.decodeLines(Array("{\"a\":1}\r\n\n 2\n\"x\"".utf8), path: "a")
    #expect(String(decoding: try JSON.encodeLines(values), as: UTF8.self) == "{\"a\":1}\n2\n\"x\"\n")
    let error = #expect(throws: DataError.self) { try JSON.decodeLines(Array("1\n\n{]\n".utf8), path: "a") }
    #expect(error?.message == "jsonl: 'a' lacks a name in an object (line 3, byte 2)")
  }

  @Test func damagedTextsAreErrorsOrValues() {
    let json = #"{"name":"ü\u00fc\ud83c\udf88\n","list":[1,-2.5e-3,true,false,null,[[],{}]],"deep":{"a":{"b":[0]}}}"#
    mutations(of: Array(json.utf8), count: 20000) { damaged in
      do {
        let value = try JSON.decode(damaged, path: "a")
        // What is read can be written, and reads the same.
        let text = try JSON.encode(value)
        #expect(try JSON.encode(JSON.decode(text, path: "b")) == text)
      } catch { #expect("\(error)".hasPrefix("json: 'a' ")) }
    }
  }

  @Test func valuesThatJSONDoesNotHave() throws {
    func message(_ value: Checkpoint.Value) -> String? { #expect(throws: DataError.self) { try JSON(value) }?.message }
    let bad = Checkpoint.Value.table([.init("a", .table([.init(.integer(1), .string([0xff]))]))])
    #expect(message(bad) == "json: a string is no UTF-8, which all text of JSON must be; use .ebt, at 'a.1'")
    #expect(
      message(.table([.init(.integer(1), .nil), .init("a", .nil)]))
        == "json: a table has the key 1, and its keys are neither 1 to n nor all texts; use .ebt")
    #expect(message(.generator(Generator(seed: 1))) == "json: a generator has no form in JSON; use .ebt")
    #expect(try text(JSON(.table([]))) == "[]")
  }
}
