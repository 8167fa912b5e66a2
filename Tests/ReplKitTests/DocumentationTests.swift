import LuaHost
import Testing

@testable import ReplKit

@Suite struct DocumentationTests {
  static let annotations = """
    ---@meta ebbtide

    ---The library.
    ---@class ebbtide
    ---@field version string The version.
    local eb = {}

    ---A block of numbers.
    ---@class Tensor
    ---@field shape integer[] Sizes of the dimensions.
    ---@operator add(Tensor|number): Tensor
    local Tensor = {}

    ---Zeros. They are all equal.
    ---
    ---Second paragraph.
    ---
    ---```lua
    ---local z = eb.zeros{2, 3}
    ---print(z)
    ---```
    ---@param shape integer[] Sizes.
    ---@param options? {dtype?: "float32"|"float64", rng?: table<string, number>} dtype = "float32", rng is nil unless given.
    ---@return Tensor
    ---@overload fun(options: {dtype: string}): Tensor
    function eb.zeros(shape, options) end

    ---Sum of entries, or along dimensions.
    ---@param dim? integer|integer[] Dimensions; all by default.
    ---@return Tensor # of fewer dimensions
    function Tensor:sum(dim) end

    ---@class SgdOptions
    ---@field lr number Learning rate (default 0.1).
    ---@field momentum? number Heavy ball, default 0.
    ---@field nesterov? boolean Look ahead first. Defaults to `false`.

    ---Optimizers.
    ---@class optim
    ---@field count integer How many.
    eb.optim = {}

    ---Stochastic gradient descent.
    ---@param options SgdOptions
    ---@return table optimizer Something with `init` and `step`.
    function eb.optim.sgd(options) end

    ---@alias DType
    ---| "float32" # single
    ---| "float64"

    return eb
    """

  private let documentation = Documentation([("test.lua", Self.annotations)])

  @Test func functionsAreRead() throws {
    let entry = try #require(documentation.entry(named: "eb.zeros"))
    #expect(entry.signature == "eb.zeros(shape, options?) -> Tensor")
    #expect(entry.summary == "Zeros.")
    #expect(entry.text.contains("Second paragraph."))
    #expect(entry.examples == ["local z = eb.zeros{2, 3}\nprint(z)"])
    #expect(entry.overloads == ["fun(options: {dtype: string}): Tensor"])
    #expect(entry.parameters[1].type == "{dtype?: \"float32\"|\"float64\", rng?: table<string, number>}")
    #expect(entry.parameters[1].isOptional)
    #expect(documentation.examples.map(\.name) == ["eb.zeros"])
  }

  @Test func methodsFieldsAndTypes() throws {
    let sum = try #require(documentation.entry(named: "Tensor:sum"))
    #expect(sum.kind == .method)
    #expect(sum == documentation.entry(named: "Tensor.sum"))
    #expect(sum.signature == "Tensor:sum(dim?) -> Tensor")
    #expect(sum.results[0].text == "of fewer dimensions")
    #expect(documentation.entry(named: "Tensor.shape")?.signature == "Tensor.shape: integer[]")
    #expect(documentation.entry(named: "eb.version")?.type == "string")
    #expect(documentation.entry(named: "DType")?.type == "\"float32\"|\"float64\"")
    #expect(documentation.members(of: "Tensor").map(\.lastName) == ["shape", "sum"])
    #expect(documentation.typeName(ofBox: "tensor") == "Tensor")
    #expect(documentation.entry(named: "eb")?.text == ["The library."])
    #expect(documentation.entry(named: "eb.optim")?.text == ["Optimizers."])
  }

  @Test func optionsComeFromClassesAndInlineTypes() throws {
    let sgd = documentation.options(of: try #require(documentation.entry(named: "eb.optim.sgd")))
    #expect(sgd.map(\.name) == ["lr", "momentum", "nesterov"])
    #expect(sgd.map(\.defaultValue) == ["0.1", "0", "false"])
    let zeros = documentation.options(of: try #require(documentation.entry(named: "eb.zeros")))
    #expect(zeros.map(\.detail) == ["\"float32\"|\"float64\" = \"float32\"", "table<string, number> = nil"])
  }

  @Test(arguments: [
    ("*zer*", ["eb.zeros"]), ("eb.*", ["eb.version", "eb.zeros", "eb.optim", "eb.optim.count", "eb.optim.sgd"]),
    ("*gradient*", ["eb.optim.sgd"]),
    ("*xyz*", []),
  ])
  func searching(pattern: String, names: [String]) { #expect(documentation.search(pattern).map(\.name) == names) }

  @Test(arguments: [
    ("fun(a: number): number rest", "fun(a: number): number", "rest"), ("\"a\" | \"b\" text", "\"a\" | \"b\"", "text"),
    ("table<string, number>", "table<string, number>", ""), ("{a: number, b: string} x", "{a: number, b: string}", "x"),
    ("integer[] n", "integer[]", "n"),
  ])
  func types(text: String, type: String, rest: String) {
    #expect(splitType(text).type == type)
    #expect(splitType(text).rest == rest)
  }

  // MARK: At the prompt

  private func talk() throws -> Conversation {
    let talk = try Conversation(annotations: Self.annotations)
    talk.say("eb = {zeros = function(shape) end, optim = {}}")
    return talk
  }

  @Test(arguments: ["?eb.zeros", "eb.zeros?", "help(eb.zeros)", "help 'eb.zeros'", ":doc eb.zeros", "local z = eb.zeros; help(z)"])
  func helpOnAFunction(text: String) throws {
    let shown = try talk().say(text)
    #expect(shown.hasPrefix("eb.zeros(shape, options?) -> Tensor\n"))
    #expect(shown.contains("  print(z)\n"))
  }

  @Test func helpOnAMemberOfAValue() throws {
    struct Point {}
    let talk = try talk()
    try talk.state.setGlobal("x", to: try talk.state.registerBox("tensor", of: Point.self).make(Point()))
    #expect(talk.say("?x.sum").hasPrefix("Tensor:sum(dim?) -> Tensor\nSum of entries"))
    #expect(talk.say("?x:sum") == talk.say("?x.sum"))
    #expect(talk.say("?x").contains("A block of numbers."))
  }

  @Test func helpOnTheUsersOwnFunctions() throws {
    let talk = try talk()
    talk.say("-- Doubles.\n-- Twice.\nfunction double(x)\n  return 2 * x\nend")
    #expect(talk.say("?double") == "double(x)\nDoubles.\nTwice.\ndefined at input 2:3; ??double shows the source\n")
    #expect(talk.say("??double") == "-- input 2:3\nfunction double(x)\n  return 2 * x\nend\n")
  }

  @Test func helpSaysWhatItDoesNotKnow() throws {
    let talk = try talk()
    #expect(talk.say("?eb.zeors") == "error: ?eb.zeors: no such name (did you mean 'eb.zeros'?)\n")
    #expect(talk.say("?*nothing*") == "error: ?*nothing*: nothing matches\n")
    #expect(talk.say("?print").contains("manual.html#pdf-print"))
  }

  @Test func theOverviewFitsAScreen() throws {
    let shown = try talk().say("?")
    #expect(shown.split(separator: "\n", omittingEmptySubsequences: false).count <= 40)
    #expect(shown.contains(":timeit") && shown.contains("Ctrl-R"))
    #expect(try talk().say("help()") == shown)
  }
}
