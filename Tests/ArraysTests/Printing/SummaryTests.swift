import Testing

@testable import Arrays

@Suite struct SummaryTests {
  private func lines(_ array: NDArray, width: Int = 80) throws -> [String] {
    try array.summary(width: width).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test func numbers() throws {
    #expect(try NDArray(Float(3.5)).summary() == "tensor float32 [] 3.5")
    #expect(try NDArray(0.1).summary() == "tensor float64 [] 0.1")
    #expect(try NDArray(Float(0.1)).summary() == "tensor float32 [] 0.1")
    #expect(try NDArray(Int32(-7)).summary() == "tensor int32 [] -7")
    #expect(try NDArray(true).summary() == "tensor bool [] true")
    #expect(try NDArray(-Double.infinity).summary() == "tensor float64 [] -inf")
  }

  @Test func empty() throws {
    #expect(try NDArray.full([0], 0, .float32).summary() == "tensor float32 [0] (empty)")
    #expect(try NDArray.full([2, 0, 3], 0, .bool).summary() == "tensor bool [2, 0, 3] (empty)")
  }

  @Test func smallOnesAreShownWhole() throws {
    #expect(
      try lines(NDArray([1.5, -2, 0.25, 100, 3, 4], shape: [2, 3])) == [
        "tensor float64 [2, 3]  min -2  mean 17.79  max 100",
        "[[  1.50  -2.00   0.25]",
        " [100.00   3.00   4.00]]",
      ])
    #expect(
      try lines(NDArray([Float(1), 2, 3], shape: [3])) == ["tensor float32 [3]  min 1  mean 2  max 3", "[1 2 3]"])
    #expect(try lines(NDArray([0.5], shape: [1, 1])) == ["tensor float64 [1, 1]", "[[0.5000]]"])
    #expect(try lines(NDArray([Int32(-1), 20], shape: [2])) == ["tensor int32 [2]  min -1  max 20", "[-1 20]"])
    #expect(
      try lines(NDArray([true, false, true], shape: [3])) == ["tensor bool [3]  true 2  false 1", "[ true false  true]"])
  }

  @Test func largeOnesShowTheirEdges() throws {
    let array = try NDArray.sequence(1000 * 1000, from: 0, by: 1, .float64).reshaped([1000, 1000])
    #expect(
      try lines(array) == [
        "tensor float64 [1000, 1000]  min 0  mean 500000  max 1e+06",
        "[[     0      1      2 ...    997    998    999]",
        " [  1000   1001   1002 ...   1997   1998   1999]",
        " [  2000   2001   2002 ...   2997   2998   2999]",
        " ...",
        " [997000 997001 997002 ... 997997 997998 997999]",
        " [998000 998001 998002 ... 998997 998998 998999]",
        " [999000 999001 999002 ... 999997 999998 999999]]",
      ])
  }

  @Test func narrowTerminalsGetFewerColumns() throws {
    let array = try NDArray.sequence(100, from: 0, by: 0.5, .float32)
    #expect(try lines(array)[1] == "[ 0.000  0.500  1.000 ... 48.500 49.000 49.500]")
    #expect(
      try lines(array, width: 34) == [
        "tensor float32 [100]", "  min 0  mean 24.75  max 49.5", "[ 0.000  0.500 ... 49.000 49.500]",
      ])
    #expect(try lines(array, width: 20)[2] == "[ 0.000 ... 49.500]")
    #expect(try lines(array, width: 1)[2] == "[ 0.000 ... 49.500]")
  }

  @Test func higherRanksNest() throws {
    let array = try NDArray.sequence(12, from: 1, by: 1, .int32).reshaped([2, 3, 2])
    #expect(
      try lines(array) == [
        "tensor int32 [2, 3, 2]  min 1  max 12", "[[[ 1  2]", "  [ 3  4]", "  [ 5  6]]", " [[ 7  8]", "  [ 9 10]",
        "  [11 12]]]",
      ])
    let many = try NDArray.sequence(1000, from: 0, by: 1, .int32).reshaped([10, 10, 10])
    #expect(
      try lines(many, width: 30) == [
        "tensor int32 [10, 10, 10]", "  min 0  max 999",
        "[[[  0   1 ...   8   9]", "  ...", "  [ 90  91 ...  98  99]]", " ...", " [[900 901 ... 908 909]", "  ...",
        "  [990 991 ... 998 999]]]",
      ])
  }

  @Test(arguments: 1...8) func everyRankIsBounded(rank: Int) throws {
    for size in [1, 2, 3, 4, 5, 12, 40] {
      let array = try NDArray(Float(1)).broadcast(to: Shape(Array(repeating: size, count: rank)))
      let lines = try lines(array)
      #expect(lines.count <= 13, "rank \(rank) size \(size)")
      #expect(lines.dropFirst(2).allSatisfy { $0.utf8.count <= 80 })
      let text = lines.joined()
      #expect(text.filter { $0 == "[" }.count == text.filter { $0 == "]" }.count)
    }
  }

  @Test func whatIsNotFiniteIsCounted() throws {
    let array = try NDArray([1.0, .nan, .infinity, -3, -.infinity, .nan], shape: [6])
    #expect(
      try lines(array) == [
        "tensor float64 [6]  min -3  mean -1  max 1  nan 2  inf 2", "[   1  nan  inf   -3 -inf  nan]",
      ])
    #expect(try lines(NDArray([Double.nan, .nan], shape: [2])) == ["tensor float64 [2]  nan 2", "[nan nan]"])
    #expect(try lines(array.broadcast(to: [3, 6]))[0] == "tensor float64 [3, 6]  min -3  mean -1  max 1  nan 6  inf 6")
  }

  @Test func tinyAndHugeNumbersStayVisible() throws {
    #expect(
      try lines(NDArray([1.0, 0.00002, -0.5], shape: [3])) == [
        "tensor float64 [3]  min -0.5  mean 0.1667  max 1", "[ 1.000e+00  2.000e-05 -5.000e-01]",
      ])
    #expect(
      try lines(NDArray([5e-324, 1.7976931348623157e308], shape: [2])) == [
        "tensor float64 [2]  min 5e-324  mean 8.988e+307  max 1.798e+308", "[5.000e-324 1.798e+308]",
      ])
    #expect(
      try lines(NDArray([1.5e308, 1.5e308], shape: [2]))[0] == "tensor float64 [2]  min 1.5e+308  mean 1.5e+308  max 1.5e+308")
    #expect(try lines(NDArray([Float(12345.6), 0.5], shape: [2]))[1] == "[1.235e+04 5.000e-01]")
  }

  @Test func viewsPrintLikeTheirCopies() throws {
    for layout in try everyLayout(.float32) {
      #expect(try layout.array.summary() == layout.array.packed().summary(), "\(layout)")
    }
    let wide = try NDArray([1.0, 2], shape: [1, 2]).broadcast(to: Shape([1 << 20, 1 << 20, 2]))
    #expect(try lines(wide)[0] == "tensor float64 [1048576, 1048576, 2]  min 1  mean 1.5  max 2")
  }

  @Test(
    arguments: [
      (0.0, 4, "0", "0.00", "0.000e+00"), (1.0, 4, "1", "1.00", "1.000e+00"), (-0.00012345, 3, "-0.000123", "0.00", "-1.23e-04"),
      (9.9996, 4, "10", "10.00", "1.000e+01"), (0.995, 2, "1", "1.00", "1.0e+00"), (99999.5, 5, "100000", "99999.50", "1.0000e+05"),
      (123456.0, 4, "123500", "123456.00", "1.235e+05"), (1e6, 4, "1e+06", "1000000.00", "1.000e+06"),
      (1e21, 4, "1e+21", "1000000000000000000000.00", "1.000e+21"), (0.005, 4, "0.005", "0.01", "5.000e-03"),
      (0.00001, 4, "1e-05", "0.00", "1.000e-05"), (-1234.5678, 4, "-1235", "-1234.57", "-1.235e+03"),
    ])
  func decimals(value: Double, digits: Int, significant: String, fixed: String, scientific: String) {
    #expect(Decimal(value).significant(digits) == significant)
    #expect(Decimal(value).fixed(decimals: 2) == fixed)
    #expect(Decimal(value).scientific(significant: digits) == scientific)
  }
}
