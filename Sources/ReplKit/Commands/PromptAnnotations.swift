// What help says about the functions of the prompt itself, in the form of all annotations.

extension Repl {
  static let promptAnnotations = """
    ---@meta

    ---Shows help on a name or a value; without an argument the keys and commands.
    ---```lua
    ---help(print)
    ---help "repl.time"
    ---```
    ---@param subject? any a name as a string, or any value
    function help(subject) end

    ---What the colon commands do, for programs.
    ---@class repl
    repl = {}

    ---Calls a function once.
    ---```lua
    ---local seconds, largest = repl.time(math.max, 1, 2)
    ---assert(seconds >= 0 and largest == 2)
    ---```
    ---@param f function
    ---@param ... any its arguments
    ---@return number seconds
    ---@return any ... what the function returned
    function repl.time(f, ...) end

    ---Calls a function many times: rounds of 50 ms, seven of them.
    ---```lua
    ---local best, median = repl.timeit(function() return 1 end)
    ---assert(best <= median)
    ---```
    ---@param f function
    ---@return number best seconds of a call in the best round
    ---@return number median seconds of a call in the median round
    function repl.timeit(f) end

    ---Shows the session's locals and the globals that are new or changed.
    ---```lua
    ---repl.who()
    ---```
    function repl.who() end

    ---Forgets locals, new globals, new modules and results.
    ---```lua
    ---repl.reset()
    ---```
    function repl.reset() end

    ---Writes the inputs that ran well to a file.
    ---```lua
    ---repl.save(os.tmpname())
    ---```
    ---@param path string
    ---@return integer count how many inputs there are
    function repl.save(path) end

    ---Runs a file as a script.
    ---```lua
    ---assert(not pcall(repl.run, "no/such/file.lua"))
    ---```
    ---@param path string
    ---@param ... any what the script gets as `...`
    ---@return any ... what the script returns
    function repl.run(path, ...) end

    ---The help on a name, as a string.
    ---```lua
    ---assert(repl.doc("repl.doc"):find("as a string"))
    ---```
    ---@param name string
    ---@return string
    function repl.doc(name) end

    ---All frames of the last error, as a string.
    ---```lua
    ---print(repl.tb())
    ---```
    ---@return string
    function repl.tb() end

    ---Leaves the prompt when the running input is over; raises an error to end it.
    ---@param code? integer the exit code, 0 unless given
    function repl.quit(code) end
    """
}
