import Arrays
import Testing

@testable import Experiments

@Suite struct CSVTests {
  private func read(_ text: String, separator: Character = ",", header: Bool? = nil) throws -> CSV {
    try CSV(bytes: Array(text.utf8), path: "a", separator: separator.asciiValue!, header: header)
  }

  private func numbers(_ column: CSV.Column) -> [Double]? { if case .numbers(let numbers) = column { numbers } else { nil } }

  private func texts(_ column: CSV.Column) -> [String]? { if case .texts(let texts) = column { texts } else { nil } }

  @Test func columnsAreNumbersOrTexts() throws {
    let csv = try read("a,b,\"c, d\"\r\n1, 2.5 ,x\r\n-3,,\"say \"\"hi\"\"\nthere\"\n")
    #expect(csv.names == ["a", "b", "c, d"])
    #expect(numbers(csv.columns[0]) == [1, -3])
    #expect(numbers(csv.columns[1])?[0] == 2.5)
    #expect(numbers(csv.columns[1])?[1].isNaN == true)
    #expect(texts(csv.columns[2]) == ["x", "say \"hi\"\nthere"])
  }

  @Test func aHeaderIsGuessedOrTold() throws {
    #expect(try read("1,2\n3,4").names == nil)
    #expect(try read("1,x\n3,y").names == nil)
    #expect(try read("p,x\n3,y").names == ["p", "x"])
    #expect(try read("1,2\n3,4", header: true).names == ["1", "2"])
    #expect(try texts(read("p,x\nq,y", header: false).columns[0]) == ["p", "q"])
    #expect(try read("a,,b\n1,2,3").names == ["a", "2", "b"])
    #expect(try read("").columns.isEmpty)
    #expect(try numbers(read("a,b\n").columns[0]) == [])
    #expect(try read("\u{feff}a\n1").names == ["a"])
  }

  @Test func separatorsAndSpecialNumbers() throws {
    let csv = try read("a;b\n1e3;nan\n-inf;+.5\n\n0x10;1e-400\n", separator: ";")
    #expect(numbers(csv.columns[0]) == [1000, -.infinity, 16])
    #expect(numbers(csv.columns[1])?.dropFirst() == [0.5, 0])
    #expect(try numbers(read("1\t2", separator: "\t").columns[1]) == [2])
  }

  @Test func numbersAreTheNearestDoubles() throws {
    for text in [
      "0.1", "0.30000000000000004", "123456789012345", "1234567890123456789", "2.2250738585072011e-308", "9007199254740993",
      "3.141592653589793", "-0", "100000000000000000000000", "0.000001", "999999999999999", ".000000000000001", "5.", "1e23",
    ] {
      let value = try #require(numbers(try read(text, header: false).columns[0])?.first)
      #expect(value.bitPattern == Double(text.hasSuffix(".") ? text + "0" : text)?.bitPattern, "\(text)")
    }
  }

  @Test(arguments: [
    ("a,b\n1,2\n3\n", "has 1 fields in line 3, expected 2 as in the first"), ("a\n\"x\n", "has a quoted field without end"),
    ("a\n\"x\"y\n", "has text after a quoted field in line 2"), ("a,a\n1,2", "has two columns 'a'"),
    ("a,b\n\"x\ny\",1\n1,2,3", "has 3 fields in line 4, expected 2"),
  ])
  func errorsSayWhatAndWhere(text: String, sentence: String) {
    let error = #expect(throws: DataError.self) { try read(text) }
    #expect(error?.message.hasPrefix("csv: 'a' ") == true)
    #expect(error?.message.contains(sentence) == true, "\(error?.message ?? "")")
  }

  @Test func columnsHaveALimit() {
    let error = #expect(throws: DataError.self) { try read(String(repeating: ",", count: 1 << 20)) }
    #expect(error?.message == "csv: 'a' has 1048577 columns, at most 1048576 are read; is the separator another one?")
  }

  @Test func whatIsWrittenIsRead() throws {
    let x = try NDArray([Float(0.1), -1e-20, .infinity], shape: [3])
    let bytes = try CSV.encode([
      ("x", .tensor(x)), ("a \"b\", c", .texts(["plain", "two\nlines", "1,5"])),
      ("i", .tensor(try NDArray([Int32(1), 2, 3], shape: [3]))),
    ])
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text == "x,\"a \"\"b\"\", c\",i\n0.1,plain,1\n-1e-20,\"two\nlines\",2\ninf,\"1,5\",3\n")
    let csv = try read(text)
    #expect(csv.names == ["x", "a \"b\", c", "i"])
    #expect(numbers(csv.columns[0])?.map { Float($0) } == [0.1, -1e-20, .infinity])
    #expect(texts(csv.columns[1]) == ["plain", "two\nlines", "1,5"])
    #expect(
      String(decoding: try CSV.encode(NDArray([1.5, 2, 3, 4], shape: [2, 2]), separator: UInt8(ascii: ";")), as: UTF8.self)
        == "1.5;2.0\n3.0;4.0\n")
    let error = #expect(throws: DataError.self) { try CSV.encode([("x", .tensor(x)), ("y", .texts([]))]) }
    #expect(error?.message == "csv: the column 'x' has 3 entries and 'y' has 0")
    #expect(throws: DataError.self) { try CSV.encode(NDArray(Float(1))) }
  }

  @Test func damagedTablesAreErrorsOrValues() {
    let text = "name,\"a, b\",c\n\"x \"\"y\"\"\",1.5,2\nz,-3e5,\n,nan,inf\n"
    mutations(of: Array(text.utf8), count: 20000) { damaged in
      do {
        let csv = try CSV(bytes: damaged, path: "a")
        #expect(Set(csv.columns.map(\.count)).count <= 1)
      } catch { #expect("\(error)".hasPrefix("csv: 'a' ")) }
    }
  }
}
